// atomics.h: read, change and write back in one step, for every type CUDA has it for.
#pragma once

namespace simt {

template <class T>
SIMT_INLINE unsigned long long to_bits(T value) {
  unsigned long long bits = 0;
  __builtin_memcpy(&bits, &value, sizeof value);
  return bits;
}
template <class T>
SIMT_INLINE T from_bits(unsigned long long bits) {
  T value;
  __builtin_memcpy(&value, &bits, sizeof value);
  return value;
}

template <class T>
struct Swap {
  T compare, value;
};

template <class T, T (*F)(T, T)>
unsigned long long change(unsigned long long old_bits, const void* operand) {
  return to_bits(F(from_bits<T>(old_bits), *static_cast<const T*>(operand)));
}
template <class T>
unsigned long long swap(unsigned long long old_bits, const void* operand) {
  const Swap<T>& s = *static_cast<const Swap<T>*>(operand);
  return old_bits == to_bits(s.compare) ? to_bits(s.value) : old_bits;
}

template <class T, T (*F)(T, T)>
SIMT_INLINE T atomically(T* address, T operand) {
  return from_bits<T>(change_atomically(address, sizeof(T), change<T, F>, &operand));
}

template <class T> T op_add(T a, T b) { return a + b; }
template <class T> T op_subtract(T a, T b) { return a - b; }
template <class T> T op_exchange(T, T b) { return b; }
template <class T> T op_min(T a, T b) { return b < a ? b : a; }
template <class T> T op_max(T a, T b) { return a < b ? b : a; }
template <class T> T op_and(T a, T b) { return a & b; }
template <class T> T op_or(T a, T b) { return a | b; }
template <class T> T op_xor(T a, T b) { return a ^ b; }
template <class T> T op_increment(T a, T b) { return a >= b ? 0 : a + 1; }
template <class T> T op_decrement(T a, T b) { return a == 0 || a > b ? b : a - 1; }

template <class T>
SIMT_INLINE T compare_and_swap(T* address, T compare, T value) {
  const Swap<T> both = {compare, value};
  const T old = from_bits<T>(change_atomically(address, sizeof(T), swap<T>, &both));
  // One that failed is mostly a thread that waits for a lock: let its owner run.
  if (to_bits(old) != to_bits(compare)) spin();
  return old;
}

}  // namespace simt

// For the block and for the system the operation is the same: one machine is all there is.
#define SIMT_ATOMIC(name, op, T)                                                             \
  SIMT_INLINE T name(T* p, T v) { return simt::atomically<T, simt::op<T>>(p, v); }           \
  SIMT_INLINE T name##_block(T* p, T v) { return simt::atomically<T, simt::op<T>>(p, v); }   \
  SIMT_INLINE T name##_system(T* p, T v) { return simt::atomically<T, simt::op<T>>(p, v); }
#define SIMT_ATOMIC_ALL(name, op)          \
  SIMT_ATOMIC(name, op, int)               \
  SIMT_ATOMIC(name, op, unsigned)          \
  SIMT_ATOMIC(name, op, long long)         \
  SIMT_ATOMIC(name, op, unsigned long long)
SIMT_ATOMIC(atomicAdd, op_add, int)
SIMT_ATOMIC(atomicAdd, op_add, unsigned)
SIMT_ATOMIC(atomicAdd, op_add, unsigned long long)
SIMT_ATOMIC(atomicAdd, op_add, float)
SIMT_ATOMIC(atomicAdd, op_add, double)
SIMT_ATOMIC(atomicSub, op_subtract, int)
SIMT_ATOMIC(atomicSub, op_subtract, unsigned)
SIMT_ATOMIC(atomicExch, op_exchange, int)
SIMT_ATOMIC(atomicExch, op_exchange, unsigned)
SIMT_ATOMIC(atomicExch, op_exchange, unsigned long long)
SIMT_ATOMIC(atomicExch, op_exchange, float)
SIMT_ATOMIC_ALL(atomicMin, op_min)
SIMT_ATOMIC_ALL(atomicMax, op_max)
SIMT_ATOMIC(atomicAnd, op_and, int)
SIMT_ATOMIC(atomicAnd, op_and, unsigned)
SIMT_ATOMIC(atomicAnd, op_and, unsigned long long)
SIMT_ATOMIC(atomicOr, op_or, int)
SIMT_ATOMIC(atomicOr, op_or, unsigned)
SIMT_ATOMIC(atomicOr, op_or, unsigned long long)
SIMT_ATOMIC(atomicXor, op_xor, int)
SIMT_ATOMIC(atomicXor, op_xor, unsigned)
SIMT_ATOMIC(atomicXor, op_xor, unsigned long long)
SIMT_ATOMIC(atomicInc, op_increment, unsigned)
SIMT_ATOMIC(atomicDec, op_decrement, unsigned)
#undef SIMT_ATOMIC_ALL
#undef SIMT_ATOMIC
#define SIMT_CAS(name)                                                                    \
  SIMT_INLINE int name(int* p, int c, int v) { return simt::compare_and_swap(p, c, v); }  \
  SIMT_INLINE unsigned name(unsigned* p, unsigned c, unsigned v) {                        \
    return simt::compare_and_swap(p, c, v);                                               \
  }                                                                                       \
  SIMT_INLINE unsigned short name(unsigned short* p, unsigned short c, unsigned short v) { \
    return simt::compare_and_swap(p, c, v);                                               \
  }                                                                                       \
  SIMT_INLINE unsigned long long name(unsigned long long* p, unsigned long long c,        \
                                      unsigned long long v) {                             \
    return simt::compare_and_swap(p, c, v);                                               \
  }
SIMT_CAS(atomicCAS)
SIMT_CAS(atomicCAS_block)
SIMT_CAS(atomicCAS_system)
#undef SIMT_CAS
