// The device side of cuda_runtime_api.h is what simt_cuda.h provides already.
#pragma once
