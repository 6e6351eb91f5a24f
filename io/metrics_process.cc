#include "io/metrics_process.h"

#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>

#include "io/metrics_families.h"

namespace vordb::io {
namespace {

using prometheus::MetricType;

void append(std::vector<prometheus::MetricFamily>* families, const char* name, const char* help,
            MetricType type, double value) {
  prometheus::MetricFamily made = family(name, help, type);
  prometheus::ClientMetric metric;
  metric.counter.value = value;
  metric.gauge.value = value;
  made.metric.push_back(std::move(metric));
  families->push_back(std::move(made));
}

// 0: not known.
double resident_bytes() {
  std::ifstream pages("/proc/self/statm");
  double size = 0, resident = 0;
  pages >> size >> resident;
  return pages ? resident * double(sysconf(_SC_PAGESIZE)) : 0;
}

double open_descriptors() {
  std::error_code error;
  const std::filesystem::directory_iterator first("/proc/self/fd", error);
  return error ? 0 : double(std::distance(begin(first), end(first)));
}

}  // namespace

double process_cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

void append_process_families(std::vector<prometheus::MetricFamily>* families) {
  append(families, "process_cpu_seconds_total", "Processor time used, of all cores together.",
         MetricType::Counter, process_cpu_seconds());
  if (const double bytes = resident_bytes(); bytes > 0)
    append(families, "process_resident_memory_bytes", "Memory in use.", MetricType::Gauge, bytes);
  if (const double open = open_descriptors(); open > 0)
    append(families, "process_open_fds", "Open file descriptors.", MetricType::Gauge, open);
}

}  // namespace vordb::io
