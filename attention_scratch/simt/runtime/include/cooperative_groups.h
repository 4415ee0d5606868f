// cooperative_groups.h: threads that work together, as objects.
#pragma once

#include "simt/groups.h"
#include "simt/partitions.h"
