// refused.h: names a CPU compiler would accept with another meaning than CUDA's. They expand to
// something that does not exist, so that their use is an error the emulator can explain.
#pragma once

#define malloc(...) simt_refused_malloc
#define free(...) simt_refused_free
// The host's C library has functions of these names that do not exist on a GPU: some of them would
// end the Python process.
#define abort(...) simt_refused_host_function
#define atexit(...) simt_refused_host_function
#define exit(...) simt_refused_host_function
#define _Exit(...) simt_refused_host_function
#define quick_exit(...) simt_refused_host_function
#define getenv(...) simt_refused_host_function
#define rand(...) simt_refused_host_function
#define srand(...) simt_refused_host_function
#define system(...) simt_refused_host_function
