// What the random histories are about.
#include "sim/vnode_history.h"

namespace vordb::sim {

namespace {

using Act = HistoryAct;
using Subject = HistorySubject;
using Acts = HistoryProfile::Weights<HistoryAct>;
using Subjects = HistoryProfile::Weights<HistorySubject>;

// Common to all, out of 1000; a profile adds its own.
Acts acts(Acts more) {
  Acts all{{Act::kMutate, 400}, {Act::kSettle, 150}, {Act::kFlush, 50},     {Act::kNetwork, 200},
           {Act::kPass, 100},   {Act::kPassTtl, 5},  {Act::kStepClock, 17}, {Act::kRestart, 17},
           {Act::kRepair, 17},  {Act::kSweep, 20},   {Act::kSlowReads, 30}, {Act::kFailReads, 20}};
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

Subjects subjects(Subjects more) {
  Subjects all{{Subject::kRegister, 10},   {Subject::kErasedRegister, 10},
               {Subject::kSet, 20},        {Subject::kBusySet, 15},
               {Subject::kCounter, 10},    {Subject::kResetCounter, 10},
               {Subject::kTtlRegister, 5}, {Subject::kTtlSet, 10},
               {Subject::kTtlCounter, 5},  {Subject::kRenewedSet, 5}};
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

std::vector<HistoryProfile> make_profiles() {
  return {
      {"plain", acts({}), subjects({})},
      {"wipes", acts({{Act::kWipe, 10}, {Act::kWipeTwo, 5}, {Act::kPassTtl, 5}, {Act::kPurge, 10}}),
       subjects({{Subject::kTtlSet, 20}})},
      {"restores", acts({{Act::kCopyDisk, 15}, {Act::kRestoreDisk, 12}}), subjects({})},
      {"skews", acts({{Act::kStepClock, 30}, {Act::kStepClockFar, 20}, {Act::kSweep, 30}}),
       subjects({{Subject::kErasedRegister, 20},
                 {Subject::kResetCounter, 20},
                 {Subject::kTtlRegister, 20},
                 {Subject::kTtlCounter, 20}})},
      {"drops", acts({{Act::kCreateBucket, 20}, {Act::kDropBucket, 15}, {Act::kLearn, 60}}),
       subjects({{Subject::kOwnBucket, 60}})},
      {"drops_wipes",
       acts(
           {{Act::kCreateBucket, 20}, {Act::kDropBucket, 15}, {Act::kLearn, 60}, {Act::kWipe, 10}}),
       subjects({{Subject::kOwnBucket, 60}})},
      {"late",
       acts({{Act::kKeep, 60},
             {Act::kDeliver, 40},
             {Act::kHostile, 20},
             {Act::kWipe, 6},
             {Act::kRestart, 15}}),
       subjects({})},
      {"purges", acts({{Act::kPassTtl, 25}, {Act::kSweep, 20}, {Act::kPurge, 40}}),
       subjects({{Subject::kTtlSet, 60}, {Subject::kRenewedSet, 60}, {Subject::kTtlCounter, 30}})},
  };
}

}  // namespace

const std::vector<HistoryProfile>& history_profiles() {
  static const std::vector<HistoryProfile> kProfiles = make_profiles();
  return kProfiles;
}

}  // namespace vordb::sim
