// cuda_pipeline_primitives.h: asynchronous copies as functions, over the same cp.async instructions.
#pragma once

namespace simt {

#define SIMT_COPY_ASYNC(bytes)                                                                   \
  {                                                                                              \
    static PtxSite site = {"cp.async.ca.shared.global [%0], [%1], " #bytes ", %2;", " r l r",    \
                           nullptr};                                                             \
    ptx_run(&site, PtxRegisters<4>{{shared_offset(to), (unsigned long long)from, kept}});        \
  }

SIMT_INLINE void copy_async(void* to, const void* from, size_t bytes, unsigned long long kept) {
  if (bytes == 4)
    SIMT_COPY_ASYNC(4)
  else if (bytes == 8)
    SIMT_COPY_ASYNC(8)
  else if (bytes == 16)
    SIMT_COPY_ASYNC(16)
  else
    misuse("__pipeline_memcpy_async copies 4, 8 or 16 bytes");
}
#undef SIMT_COPY_ASYNC

}  // namespace simt

// Copies `bytes` - `zeros` bytes and fills the rest with zeros.
SIMT_INLINE void __pipeline_memcpy_async(void* to, const void* from, size_t bytes,
                                         size_t zeros = 0) {
  simt::copy_async(to, from, bytes, bytes - zeros);
}
SIMT_INLINE void __pipeline_commit() {
  static simt::PtxSite site = {"cp.async.commit_group;", "", nullptr};
  simt::ptx_run(&site, simt::PtxRegisters<4>{{0}});
}
SIMT_INLINE void __pipeline_wait_prior(size_t groups) {
  switch (groups) {
#define SIMT_WAIT(n)                                                           \
  case n: {                                                                    \
    static simt::PtxSite site = {"cp.async.wait_group " #n ";", "", nullptr};  \
    simt::ptx_run(&site, simt::PtxRegisters<4>{{0}});                          \
    break;                                                                     \
  }
    SIMT_WAIT(0)
    SIMT_WAIT(1)
    SIMT_WAIT(2)
    SIMT_WAIT(3)
    SIMT_WAIT(4)
    SIMT_WAIT(5)
    SIMT_WAIT(6)
    SIMT_WAIT(7)
    SIMT_WAIT(8)
#undef SIMT_WAIT
    default: simt::misuse("__pipeline_wait_prior waits for all but 0 to 8 groups");
  }
}
