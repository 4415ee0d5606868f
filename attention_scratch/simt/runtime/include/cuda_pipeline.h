// cuda_pipeline.h: the primitives are all of it that needs no libcu++.
#pragma once
#include "cuda_pipeline_primitives.h"
