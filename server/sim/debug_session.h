// The commands of `vordb-sim debug`, one line after the other, whatever they come from.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "sim/debugger.h"

namespace vordb::server {

class DebugSession {
 public:
  DebugSession(const sim::Record& record, const sim::Scenario& scenario, bool json,
               std::ostream& out);

  // Carries out one line. False: it was `quit`.
  bool take(const std::string& line);
  // Where the run stands: what is printed before the first command.
  void greet();

  // All words that may come first, for completion.
  static const char* const* words();

 private:
  struct Command;
  static const Command kCommands[];

  using Words = const std::vector<std::string>&;
  void help(Words words);
  void next(Words words);
  void back(Words words);
  void go_to(Words words);
  void run(Words words);
  void find(Words words);
  void show(Words words);
  void state(Words words);
  void changes(Words words);
  void why(Words words);
  void planned(Words words);
  void lose(Words words);
  void keep(Words words);
  void outcome(Words words);
  void save(Words words);

  void refuse(const std::string& why);
  void tell_last();
  void fields(const std::vector<sim::Debugger::Field>& fields);

  sim::Debugger debugger_;
  const sim::Scenario& scenario_;
  bool json_;
  std::ostream& out_;
};

}  // namespace vordb::server
