// The publisher: a durable outbox. The intent is committed before anything leaves; an outcome that
// is not known is settled by asking the remote, never by sending again blindly.
//
//   intent committed (pending) ─▶ push ─┬▶ pushed ─▶ done, or with a forge: open
//                                       ├▶ rejected ─▶ failed
//                                       └▶ unknown ─▶ ask the remote ─┬▶ at our commit ─▶ as pushed
//                                                                     ├▶ absent ─▶ pending ─▶ push
//                                                                     again └▶ no answer ─▶ stays
//                                                                     unknown
//
//   before the intent: may it be opened? ─┬▶ duplicate, conflict, base moved ─▶ the run is told
//                                         ├▶ hold ─▶ asked again later
//                                         └▶ claim (opening) ─▶ intent ─▶ push
//   open: asked_ms committed ─▶ open_once ─┬▶ there ─▶ recorded ─▶ labels ─▶ reviewers ─▶ done
//                                          ├▶ refused ─▶ failed
//                                          ├▶ rate limited ─▶ wait ─▶ open
//                                          └▶ unknown, or a crash ─▶ look; absent for 2 minutes ─▶
//                                          open
//
//   a follow-up: is that one open and its branch where we left it? ─▶ intent ─▶ push there ─▶ recorded
//   ─▶ of a rebase: read its text ─┬▶ as it has to be, or not ours any more ─▶ done
//                                  ├▶ rewritten ─▶ noted ─▶ done
//                                  └▶ unknown, or a crash ─▶ read again
//
// A stop is obeyed between any two steps, and wakes what waits.
#pragma once

#include "actors/delivery.hpp"
#include "actors/parts.hpp"
#include "actors/system/pull_requests.hpp"
#include "runtime/forge/open_once.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>

#include <deque>
#include <functional>
#include <map>
#include <memory>

namespace skein::actors {

struct publisher_state {
  static inline const char* name = "publisher";

  publisher_actor::pointer self;
  surroundings_ptr world;
  store_actor store;
  pull_requests_actor open_ones;  ///< null: there is no forge

  explicit publisher_state(publisher_actor::pointer self) : self(self) {}
  caf::typed_response_promise<publish_outcome> publish(const publish_run& order);

 private:
  using delivery_ptr = std::shared_ptr<delivery>;
  template <class T>
  using answered = std::function<void(const forge::answer<T>&)>;

  // publisher.cpp: intent and push
  void look_up(const delivery_ptr& work);
  void resume(const delivery_ptr& work, const store::outbox_row& known);
  void begin(const delivery_ptr& work);
  void push(const delivery_ptr& work);
  void pushed(const delivery_ptr& work, const std::string& how);
  void reconcile(const delivery_ptr& work, const std::string& why);
  void settle(const delivery_ptr& work, store::outbox_state state, const std::string& detail,
              std::function<void()> then);
  void give_up(const delivery_ptr& work, const std::string& detail, const std::string& reason);
  void deliver(const delivery_ptr& work, publish_outcome outcome);
  void fail(const delivery_ptr& work, const error& why);
  void cancelled(const delivery_ptr& work, const std::string& where);
  /// Commits, then `then`; a refusal ends the delivery.
  void keep(const delivery_ptr& work, store::operation what, const std::string& attempted,
            std::function<void()> then);

  // publisher_opening.cpp: may it be opened
  void examine(const delivery_ptr& work, std::function<void()> then);
  /// Decisions about one repository are taken one after the other: the next one knows the claim of
  /// the one before.
  void take_turn(const delivery_ptr& work);
  void end_turn(const delivery_ptr& work);
  void ask_base(const delivery_ptr& work);
  void decide(const delivery_ptr& work, bool base_moved);
  void decided(const delivery_ptr& work, const forge::opening_decision& said);
  void claim(const delivery_ptr& work, std::function<void()> then);

  // publisher_follow.cpp: more commits for a pull request that is open
  /// What is recorded of the pull request that the work goes on.
  void read_followed(const delivery_ptr& work, std::function<void()> then);
  /// Whether that one is still open, and ours, and where we left it.
  void follow(const delivery_ptr& work);
  void followed(const delivery_ptr& work, const std::string& how);
  /// Pushed and recorded: what is left is the text.
  void on_the_branch(const delivery_ptr& work, const std::string& how);

  // publisher_text.cpp: the text of one whose change was made anew
  /// Reads it, and writes it when it has to change; ends in text_over. May be repeated.
  void retell(const delivery_ptr& work, const std::string& how);
  void rewrite(const delivery_ptr& work, const forge::pull_request& now, const std::string& how);
  template <class T>
  void not_told(const delivery_ptr& work, const forge::answer<T>& said, const std::string& how);
  void text_over(const delivery_ptr& work, const std::string& kind, nlohmann::json payload,
                 const std::string& how);

  // publisher_forge.cpp: open, label, ask for reviews
  void open(const delivery_ptr& work);
  void look(const delivery_ptr& work);
  void opened(const delivery_ptr& work, const forge::answer<forge::opened>& said);
  void label(const delivery_ptr& work);
  void ask_reviewers(const delivery_ptr& work);
  void finished(const delivery_ptr& work);
  /// What a forge said to something that is nice to have.
  void embellished(const delivery_ptr& work, const forge::answer<forge::nothing>& said,
                   std::function<void()> again, std::function<void()> next);
  /// `then` after the time, or at once when the order is stopped. Blocks nobody.
  void wait(const delivery_ptr& work, std::int64_t ms, std::function<void()> then);
  /// publisher_ask.hpp
  template <class T, class Work>
  void ask_forge(const delivery_ptr& work, Work what, answered<T> then);

  std::map<std::string, std::deque<delivery_ptr>>
      turns_;  ///< by forge and repository; front decides
};

publisher_actor::behavior_type publisher(publisher_actor::stateful_pointer<publisher_state> self,
                                         surroundings_ptr world, store_actor store);

}  // namespace skein::actors
