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

// The host's C library has functions of these names. On a GPU they are approximations, …
#define __expf(...) simt_refused_fast_math
#define __exp2f(...) simt_refused_fast_math
#define __exp10f(...) simt_refused_fast_math
#define __logf(...) simt_refused_fast_math
#define __log2f(...) simt_refused_fast_math
#define __log10f(...) simt_refused_fast_math
#define __sinf(...) simt_refused_fast_math
#define __cosf(...) simt_refused_fast_math
#define __sincosf(...) simt_refused_fast_math
#define __tanf(...) simt_refused_fast_math
#define __powf(...) simt_refused_fast_math
// … count the multiprocessor's cycles, …
#define clock(...) simt_refused_clock
// … or do not exist: some of them would end the Python process.
#define abort(...) simt_refused_host_function
#define atexit(...) simt_refused_host_function
#define exit(...) simt_refused_host_function
#define _Exit(...) simt_refused_host_function
#define quick_exit(...) simt_refused_host_function
#define getenv(...) simt_refused_host_function
#define rand(...) simt_refused_host_function
#define srand(...) simt_refused_host_function
#define system(...) simt_refused_host_function
