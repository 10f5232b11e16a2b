// The timetable actor: starts campaigns at their times. What is due follows from the stored rows
// and the clock alone; the name of a start has its time in it, so it is made once.
#pragma once

#include "actors/parts.hpp"
#include "runtime/schedule/catch_up.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <map>
#include <optional>
#include <string>

namespace skein::actors {

using campaign_starter =
    caf::typed_actor<caf::replies_to<submit_campaign>::with<campaign_submitted>>;

/// What a schedule says, read.
struct timetable_times {
  schedule::cron times;
  schedule::time_zone zone;
  schedule::when_missed missed = schedule::when_missed::skip;
};
/// `invalid` with the place; also checks the window. Blocking: a zone's file is read once.
[[nodiscard]] result<timetable_times> read_times(const schema::schedule_spec& spec);
/// `NAME.2026-11-24T0100`, by the clock on the wall there.
[[nodiscard]] std::string start_name(const std::string& name, const schedule::time_zone& zone,
                                     schedule::sys_seconds at);
/// The first time after this one; 0: none.
[[nodiscard]] std::int64_t next_start_ms(const timetable_times& of, std::int64_t after_ms);

struct timetable_state {
  static inline const char* name = "timetable";

  struct entry {
    store::timetable_row row;
    timetable_times times;
    std::optional<std::int64_t> look_ms;  ///< not before; none: look now
    bool busy = false;
  };

  timetable_actor::pointer self;
  surroundings_ptr world;
  store_actor store;
  campaign_starter fleet;
  switch_list switches;
  std::map<std::string, entry> entries;
  std::int64_t latest_ms = 0;
  bool reading = false;
  bool read_again = false;

  explicit timetable_state(timetable_actor::pointer self) : self(self) {}

  void read();
  void look();

 private:
  void keep(const timetable_list& rows);
  void consider(entry& of);
  void act(const std::string& timetable, bool running);
  void start(const std::string& timetable, const schedule::timetable_step& step);
  void remember(const std::string& timetable, store::move_timetable moved,
                std::optional<schedule::sys_seconds> look_again);
  [[nodiscard]] bool held(const store::timetable_row& row) const;
};

timetable_actor::behavior_type timetable(timetable_actor::stateful_pointer<timetable_state> self,
                                         surroundings_ptr world, store_actor store,
                                         campaign_starter fleet);

}  // namespace skein::actors
