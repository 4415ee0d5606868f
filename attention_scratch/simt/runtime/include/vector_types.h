// The device side of vector_types.h is what simt_cuda.h provides already.
#pragma once
