#include "sim/site_faults.h"

#include <iterator>

namespace vordb::sim {

namespace {

// In the order of Site.
constexpr const char* kSiteNames[] = {
    "loads_past_cache",   "reads_past_cache",     "keeps_no_load",
    "keeps_no_read",      "keeps_no_write",       "step_of_one",
    "list_page_of_one",   "writes_for_nothing",   "record_again",
    "announces_later",    "announces_again",      "announcement_asks",
    "answers_twice",      "acks_twice",           "refuses_ack",
    "drops_early_ack",    "delta_twice",          "delta_ends_early",
    "gossips_again",      "gossips_for_others",   "gossips_later",
    "gossip_of_one_dot",  "body_of_one_key",      "refuses_push",
    "push_twice",         "fetch_ends",           "fetches_later",
    "fetches_anyway",     "pull_twice",           "pulls_at_once",
    "giver_forgets",      "giver_loses_patience", "part_of_one",
    "sweeps_later",       "sweep_page_of_one",    "forgets_later",
    "keeps_dot",          "keeps_answer",         "purges_out_of_turn",
    "purges_later",       "keeps_spent",          "strips_later",
    "strips_one",         "scrubs_now",           "scrub_gives_up",
    "scrub_incomparable", "hands_over_later",     "drops_later",
    "stable_later",       "ticks_later",          "digest_anyway",
    "reports_again",      "reports_later",        "asks_self_last",
    "reads_twice",        "ignores_answer",       "ignores_ack",
    "waits_for_nobody",   "repairs_nothing",      "mutates_twice",
    "lists_one_by_one",   "list_asks_next",       "gathers_again",
    "skips_heartbeat",    "tells_news",           "asks_for_news",
    "suspects",           "reports_moves",        "moves_to_next",
    "proposes_at_once",   "gives_up_ballot",      "requests_twice",
    "votes_twice",        "housekeeps_later",     "forgets_clean_reports",
    "founds_later",
};
static_assert(std::size(kSiteNames) == kSites);

// How often a site that is on does what is rare: now and then, seldom, or most rarely.
constexpr uint32_t kPerMillion[] = {200'000, 20'000, 2'000};

}  // namespace

const char* to_string(Site site) { return kSiteNames[size_t(site)]; }

std::optional<Site> site_named(std::string_view name) {
  for (size_t site = 0; site < kSites; ++site) {
    if (name == kSiteNames[site]) return Site(site);
  }
  return std::nullopt;
}

SiteFaults::SiteFaults(const FaultPlan& plan, Chooser& chooser) {
  if (plan.sites_per_million == 0) return;
  if (plan.swarm && !chooser.stream(StreamKind::kSites).chance(Decision::kSitesAreOn, 500'000))
    return;
  for (size_t site = 0; site < kSites; ++site) {
    const Choices choices = chooser.stream(StreamKind::kSites, uint32_t(site) + 1);
    if (!choices.chance(Decision::kSiteIsOn, plan.sites_per_million)) continue;
    figures_.sites[site].on = true;
    per_million_[site] = kPerMillion[choices.below(Decision::kSitePace, std::size(kPerMillion))];
  }
}

bool SiteFaults::strikes(Site site, Chooser& chooser) {
  SiteFigures::Count& count = figures_.sites[size_t(site)];
  if (!count.on) return false;
  ++count.passed;
  const bool struck = chooser.stream(StreamKind::kSite, uint32_t(site))
                          .chance(Decision::kSiteStrikes, per_million_[size_t(site)]);
  count.struck += struck;
  return struck;
}

}  // namespace vordb::sim
