// refused.h: names a CPU compiler would accept with another meaning than CUDA's. They expand to
// something that does not exist, so that their use is an error the emulator can explain. Everything
// else this emulator lacks (__shared__, atomicAdd, __shfl_sync, …) is simply not declared.
#pragma once

#define asm simt_refused_asm
#define __asm__ simt_refused_asm
#define __asm simt_refused_asm
#define malloc(...) simt_refused_malloc
#define free(...) simt_refused_free
// The compiler turns these into library calls that no check sees.
#define memcpy(...) simt_refused_memcpy
#define memset(...) simt_refused_memset
#define memmove(...) simt_refused_memmove
