// entry.h: how Python finds a kernel, learns its parameters and calls it; how it finds the module's
// variables and its shared memory.
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

// A __constant__ or __device__ variable; extents: of an array, outermost first.
struct Variable {
  void* address;
  uint64_t bytes;
  char element_kind;
  uint32_t element_size, rank;
  uint64_t extents[4];
};

template <class T>
Variable variable(T& object) {
  using Element = std::remove_cv_t<std::remove_all_extents_t<T>>;
  constexpr uint32_t rank = std::rank_v<T>;
  static_assert(rank <= 4, "arrays of up to four dimensions");
  return {const_cast<void*>(static_cast<const volatile void*>(&object)),
          sizeof(T),
          kind_of<Element>(),
          sizeof(Element),
          rank,
          {std::extent_v<T, 0>, std::extent_v<T, 1>, std::extent_v<T, 2>, std::extent_v<T, 3>}};
}

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

#define SIMT_VARIABLE(symbol, name)                                                     \
  extern "C" __attribute__((visibility("default"))) const simt::Variable* symbol() {   \
    static simt::Variable entry;                                                        \
    entry = simt::variable(name);                                                       \
    return &entry;                                                                      \
  }

// Its address tells where this operating-system thread has the module's shared memory.
#define SIMT_SHARED_ANCHOR                                                     \
  extern "C" __attribute__((visibility("default"))) alignas(128) thread_local  \
      char simt_anchor[128];                                                   \
  thread_local char simt_anchor[128] = {};                                     \
  extern "C" __attribute__((visibility("default"))) void* simt_shared_anchor() { \
    return simt_anchor;                                                        \
  }
// Room for `extern __shared__ T name[]`; all such names are one place, as CUDA has it.
#define SIMT_DYNAMIC_SHARED(labels)                                                      \
  asm(".pushsection .tbss,\"awT\",%nobits\n.balign 128\n" labels ".zero 232448\n.popsection");
