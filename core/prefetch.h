// Asks for memory ahead of its use. A read of a hot key is a chain of a few cache misses with other
// work between them; asked for early, they overlap with it. Changes nothing that a program can see.
#pragma once

namespace vordb {

inline void prefetch(const void* address) { __builtin_prefetch(address); }

}  // namespace vordb
