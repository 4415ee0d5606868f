// The device side of cuda_runtime.h is what simt_cuda.h provides already.
#pragma once
