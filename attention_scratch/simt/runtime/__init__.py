"""The C++ that runs kernels: headers they are compiled with, a library that schedules threads."""
