#include "sim/knob_reach.h"

#include <string>

namespace vordb::sim {

namespace {

constexpr uint32_t kOddPerMillion = 500'000;

}  // namespace

const std::vector<KnobRow>& knob_rows() {
  static const std::vector<KnobRow> kRows = {
      {"keys_ahead_max", &Knobs::keys_ahead_max, {1, 2}},
      {"keys_patience_us", &Knobs::keys_patience_us, {50'000, 1'500'000}},
      {"read_patience_us", &Knobs::read_patience_us, {20'000, 1'500'000}},
      {"rounds_max", &Knobs::rounds_max, {1, 8}},
      {"troubled_us", &Knobs::troubled_us, {1, 10'000'000}},
      {"retry_us", &Knobs::retry_us, {60'000, 700'000}},
      {"retry_max_us", &Knobs::retry_max_us, {250'000, 2'000'000}},
      {"digest_rest_intervals", &Knobs::digest_rest_intervals, {1, 20}},
      {"report_ticks", &Knobs::report_ticks, {1, 30}},
      {"report_look_ticks", &Knobs::report_look_ticks, {1, 7}},
      {"news_us", &Knobs::news_us, {10'000, 600'000}},
      {"silent_intervals", &Knobs::silent_intervals, {3, 12}},
      {"join_again_us", &Knobs::join_again_us, {100'000, 1'500'000}},
      {"join_clean_reports", &Knobs::join_clean_reports, {3, 6}},
      {"move_report_us", &Knobs::move_report_us, {50'000, 1'500'000}},
      {"move_propose_us", &Knobs::move_propose_us, {50'000, 2'000'000}},
      {"move_next_one_us", &Knobs::move_next_one_us, {1'000'000, 8'000'000}},
      {"move_laggards_us", &Knobs::move_laggards_us, {2'000'000, 20'000'000}},
      {"chain_resend_us", &Knobs::chain_resend_us, {20'000, 600'000}},
      {"chain_patience_us", &Knobs::chain_patience_us, {300'000, 3'000'000}},
      {"chain_back_off_us", &Knobs::chain_back_off_us, {1'000, 500'000}},
      {"ceiling_lead_ms", &Knobs::ceiling_lead_ms, {200, 20'000}},
      {"ceiling_lead_ahead_ms", &Knobs::ceiling_lead_ahead_ms, {50, 2000}},
      {"strips_max", &Knobs::strips_max, {1, 10}},
      {"body_bytes_max", &Knobs::body_bytes_max, {1, 2000}},
      {"body_dots_max", &Knobs::body_dots_max, {1, 7}},
      {"body_asked_max", &Knobs::body_asked_max, {1, 8}},
      {"gossip_wanted_max", &Knobs::gossip_wanted_max, {1, 17}},
      {"gossip_patience_intervals", &Knobs::gossip_patience_intervals, {1, 8}},
      {"gossip_large", &Knobs::gossip_large, {1, 1000}},
      {"push_entries_max", &Knobs::push_entries_max, {20, 200}},
      {"fetches_max", &Knobs::fetches_max, {1, 2}},
      {"fetch_again_us", &Knobs::fetch_again_us, {300'000, 6'000'000}},
      {"fetch_asked_max", &Knobs::fetch_asked_max, {1, 20}},
      {"fetch_scan_records", &Knobs::fetch_scan_records, {1, 10}},
      {"part_records", &Knobs::part_records, {1, 9}},
      {"part_bytes", &Knobs::part_bytes, {1, 3000}},
      {"give_patience_us", &Knobs::give_patience_us, {3'000'000, 100'000'000}},
      {"list_page_records", &Knobs::list_page_records, {1, 3}},
      {"sweep_page_records", &Knobs::sweep_page_records, {1, 3}},
      {"step_entries_max", &Knobs::step_entries_max, {2, 20}},
      {"purge_steps_max", &Knobs::purge_steps_max, {1, 4}},
      {"purge_turn_ms", &Knobs::purge_turn_ms, {1, 2000}},
      {"early_acks_max", &Knobs::early_acks_max, {0, 1}},
      {"scrub_records", &Knobs::scrub_records, {1, 10}},
      {"scrub_patience_us", &Knobs::scrub_patience_us, {500'000, 10'000'000}},
      {"scrub_doubt_patience_us", &Knobs::scrub_doubt_patience_us, {5'000'000, 40'000'000}},
  };
  return kRows;
}

const KnobRow* find_knob(std::string_view name) {
  for (const KnobRow& row : knob_rows()) {
    if (name == row.name) return &row;
  }
  return nullptr;
}

Knobs draw_knobs(const Choices& choices, uint32_t odd_max) {
  Knobs knobs;
  for (uint32_t one = 0; one < odd_max; ++one) {
    if (!choices.chance(Decision::kKnobIsOdd, kOddPerMillion)) continue;
    const KnobRow& row = knob_rows()[choices.below(Decision::kKnob, knob_rows().size())];
    knobs.*row.value = row.odd[choices.below(Decision::kKnobValue, row.odd.size())];
  }
  return knobs;
}

std::string text_of(const Knobs& knobs) {
  std::string text;
  for (const KnobRow& row : knob_rows()) {
    if (knobs.*row.value == kDefaultKnobs.*row.value) continue;
    if (!text.empty()) text += ", ";
    text += std::string(row.name) + "=" + std::to_string(knobs.*row.value);
  }
  return text;
}

}  // namespace vordb::sim
