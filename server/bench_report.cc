#include "server/bench_report.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "server/text_table.h"

namespace vordb::server {
namespace {

using nlohmann::ordered_json;

std::string micros(const Histogram& histogram, double share) {
  return histogram.count() == 0 ? ""
                                : fmt::format("{:.0f}", double(histogram.quantile(share)) / 1000);
}

ordered_json latency_json(const Histogram& histogram) {
  if (histogram.count() == 0) return nullptr;
  const auto us = [&](double share) { return double(histogram.quantile(share)) / 1000; };
  return {{"count", histogram.count()},
          {"mean", histogram.mean() / 1000},
          {"p50", us(0.5)},
          {"p90", us(0.9)},
          {"p99", us(0.99)},
          {"p999", us(0.999)},
          {"max", double(histogram.max()) / 1000}};
}

// What is particular about a row: the size of its values or sets.
std::string size_text(const LoadSpec& spec) {
  if (spec.type == BucketType::kLww) return fmt::format("{} B", spec.value_bytes);
  return spec.type == BucketType::kOrswot ? fmt::format("{} elements", spec.elements) : "";
}

}  // namespace

std::string bench_table(const std::vector<BenchRow>& rows) {
  TextTable table({"run", "protocol", "type", ">size", ">clients", ">depth", ">reads %", ">ops/s",
                   ">read p50 us", ">p99", ">write p50 us", ">p99", ">errors"});
  for (const BenchRow& row : rows) {
    const LoadSpec& spec = row.spec;
    const LoadResult& result = row.result;
    table.add({row.run, to_string(spec.protocol), vordb::to_string(spec.type), size_text(spec),
               std::to_string(spec.clients), std::to_string(spec.depth),
               std::to_string(spec.read_percent),
               fmt::format("{:.0f}", result.operations_per_second()), micros(result.read_ns, 0.5),
               micros(result.read_ns, 0.99), micros(result.write_ns, 0.5),
               micros(result.write_ns, 0.99), std::to_string(result.errors)});
  }
  return table.to_string();
}

std::string balance_table(const BalanceRow& row) {
  TextTable table({">keys", ">partitions", ">least", ">mean", ">most", ">deviation"});
  table.add({std::to_string(row.keys), std::to_string(row.partitions), std::to_string(row.least),
             fmt::format("{:.1f}", row.mean), std::to_string(row.most),
             fmt::format("{:.1f}", row.deviation)});
  return table.to_string();
}

std::string figure_table(const std::vector<FigureRow>& rows) {
  TextTable table({"figure", ">value", "unit", "goal"});
  for (const FigureRow& row : rows)
    table.add({row.figure, fmt::format("{:.{}f}", row.value, row.value < 100 ? 2 : 0), row.unit,
               row.goal});
  return table.to_string();
}

std::string bench_json(const BenchRow& row) {
  const LoadSpec& spec = row.spec;
  const LoadResult& result = row.result;
  const ordered_json json = {{"run", row.run},
                             {"protocol", to_string(spec.protocol)},
                             {"type", vordb::to_string(spec.type)},
                             {"clients", spec.clients},
                             {"depth", spec.depth},
                             {"threads", spec.threads},
                             {"read_percent", spec.read_percent},
                             {"keys", spec.keys},
                             {"value_bytes", spec.value_bytes},
                             {"elements", spec.elements},
                             {"operations", result.operations()},
                             {"seconds", result.seconds},
                             {"ops_per_s", result.operations_per_second()},
                             {"client_cpu_seconds", result.cpu_seconds},
                             {"not_found", result.not_found},
                             {"errors", result.errors},
                             {"first_error", result.first_error},
                             {"read_us", latency_json(result.read_ns)},
                             {"write_us", latency_json(result.write_ns)}};
  return json.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

std::string balance_json(const BalanceRow& row) {
  return ordered_json({{"run", "balance"},
                       {"keys", row.keys},
                       {"partitions", row.partitions},
                       {"least", row.least},
                       {"mean", row.mean},
                       {"most", row.most},
                       {"deviation", row.deviation}})
      .dump();
}

std::string figure_json(const FigureRow& row) {
  return ordered_json({{"run", "cluster"},
                       {"figure", row.figure},
                       {"value", row.value},
                       {"unit", row.unit},
                       {"goal", row.goal}})
      .dump();
}

}  // namespace vordb::server
