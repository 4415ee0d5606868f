// entry.h: how Python finds a kernel, learns its parameters and calls it.
#pragma once

namespace simt {

// kind: p pointer, i signed, u unsigned, f floating, b bool, s structure; element_*: what p points
// to.
struct Parameter {
  char kind;
  uint32_t size;
  char element_kind;
  uint32_t element_size, element_align;
  uint32_t element_is_const;
};

struct KernelEntry {
  void (*call)(void**);
  uint32_t parameter_count;
  const Parameter* parameters;
};

template <class T>
constexpr char kind_of() {
  return std::is_same_v<T, bool>       ? 'b'
         : std::is_pointer_v<T>        ? 'p'
         : std::is_floating_point_v<T> ? 'f'
         : !std::is_integral_v<T>      ? 's'
         : std::is_signed_v<T>         ? 'i'
                                       : 'u';
}

template <class T>
constexpr Parameter parameter() {
  using Value = std::remove_cv_t<T>;
  if constexpr (std::is_pointer_v<Value>) {
    using Element = std::remove_pointer_t<Value>;
    constexpr bool is_const = std::is_const_v<Element>;
    if constexpr (std::is_void_v<Element>)
      return {'p', sizeof(T), 'v', 1, 1, is_const};
    else
      return {'p',
              sizeof(T),
              kind_of<std::remove_cv_t<Element>>(),
              sizeof(Element),
              alignof(Element),
              is_const};
  } else {
    return {kind_of<Value>(), sizeof(T), 0, 0, 0, 0};
  }
}

template <auto F>
struct Kernel;
template <class... A, void (*F)(A...)>
struct Kernel<F> {
  static constexpr Parameter parameters[sizeof...(A) + 1] = {parameter<A>()..., {}};
  template <size_t... I>
  static void unpack(void** args, std::index_sequence<I...>) {
    (void)args;
    F(*static_cast<std::remove_cv_t<A>*>(args[I])...);
  }
  static void call(void** args) { unpack(args, std::index_sequence_for<A...>{}); }
};

}  // namespace simt

// `symbol` is the exported name; the rest is the kernel, whose template arguments may hold commas.
#define SIMT_KERNEL(symbol, ...)                                                        \
  extern "C" __attribute__((visibility("default"))) const simt::KernelEntry* symbol() { \
    static constexpr simt::KernelEntry entry = {                                        \
        simt::Kernel<&__VA_ARGS__>::call,                                               \
        sizeof(simt::Kernel<&__VA_ARGS__>::parameters) / sizeof(simt::Parameter) - 1,   \
        simt::Kernel<&__VA_ARGS__>::parameters};                                        \
    return &entry;                                                                      \
  }
