// The device side of device_launch_parameters.h is what simt_cuda.h provides already.
#pragma once
