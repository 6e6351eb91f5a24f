// What vordb-bench shows: a table for people, or one JSON object a line for programs.
#pragma once

#include <string>
#include <vector>

#include "server/bench_runs.h"

namespace vordb::server {

// Latencies in microseconds, "" where nothing was measured.
std::string bench_table(const std::vector<BenchRow>& rows);
std::string balance_table(const BalanceRow& row);
std::string figure_table(const std::vector<FigureRow>& rows);

// One line without a line break.
std::string bench_json(const BenchRow& row);
std::string balance_json(const BalanceRow& row);
std::string figure_json(const FigureRow& row);

}  // namespace vordb::server
