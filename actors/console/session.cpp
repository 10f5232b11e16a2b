#include "actors/console/session.hpp"

#include <caf/send.hpp>

namespace skein::console {

namespace {

using inner_actor = wire::session_actor::extend<caf::reacts_to<desk_answered>>;

/// Requests of one session that are inside the desk.
constexpr int most_under_way = 8;
/// Of all sessions.
constexpr int most_of_all = 64;

wire::answer failure(const error& why) {
  wire::answer out;
  out.failed = to_string(why.code);
  out.message = why.message;
  out.remedy = why.remedy;
  return out;
}

class session final : public gated<inner_actor::base, wire::order, wire::question, wire::fetch> {
 public:
  session(caf::actor_config& config, surroundings_ptr world, session_terms terms)
      : gated(config),
        world_(std::move(world)),
        terms_(std::move(terms)),
        home_(terms_.client->node()),
        client_(caf::actor_cast<caf::actor_addr>(terms_.client)),
        book_(world_->operators) {
    set_down_handler([this](const caf::down_msg& gone) {
      if (gone.source == client_) quit();
    });
    monitor(client_);
    terms_.client = nullptr;
  }

 private:
  using reply = caf::typed_response_promise<wire::answer>;

  behavior_type make_behavior() override {
    return {[this](wire::order& asked) { return carry_out(asked); },
            [this](wire::question& asked) { return ask(asked); },
            [this](wire::fetch& asked) { return fetch(asked); },
            [this](desk_answered& back) { back.deliver ? back.deliver() : quit(); }};
  }

  reply carry_out(wire::order& asked) {
    taken();
    if (auto fine = admit(asked.seal, asked.verb, asked.args.size(), wire::longest_order); !fine) {
      return refuse(fine.error());
    }
    if (!may(terms_.who.role, asked.verb)) {
      const std::string role(to_string(terms_.who.role));
      world_->note({"order_refused", terms_.who.name, terms_.who.tenant,
                    "role " + role + " may not " + asked.verb});
      return refuse({errc::unauthorised,
                     terms_.who.name + " has the role " + role + ", which may not " + asked.verb,
                     "ask somebody with another role, see `skein operator list`"});
    }
    using enum surroundings::lane;
    return work(world_->desk.is_slow(asked.verb) ? slow : order,
                [asked = std::move(asked)](desk& at, const identity& who) {
                  return at.carry_out(who, asked.verb, asked.args);
                });
  }

  reply ask(wire::question& asked) {
    taken();
    if (auto fine = admit(asked.seal, asked.method, asked.args.size() + asked.cursor.size(),
                          wire::longest_question);
        !fine) {
      return refuse(fine.error());
    }
    return work(surroundings::lane::read,
                [asked = std::move(asked)](desk& at, const identity& who) {
                  return at.ask(who, asked.method, asked.args, asked.cursor);
                });
  }

  reply fetch(wire::fetch& asked) {
    taken();
    if (auto fine = admit(asked.seal, asked.ref.size() > asked.run.size() ? asked.ref : asked.run,
                          asked.length, wire::longest_chunk);
        !fine) {
      return refuse(fine.error());
    }
    return work(surroundings::lane::read,
                [asked = std::move(asked)](desk& at, const identity& who) {
                  return at.fetch(who, asked.run, asked.ref, asked.offset, asked.length);
                });
  }

  /// Asked again every time: a revoked token is worth nothing from this moment on.
  result<> admit(const std::string& seal, const std::string& word, std::size_t length,
                 std::size_t longest) {
    // Actors' numbers can be guessed, so somebody else's session can be spoken to.
    if (seal != terms_.seal || !current_sender() || current_sender()->node() != home_) {
      world_->note({"stranger_refused", terms_.who.name, terms_.who.tenant,
                    "somebody else spoke to this session"});
      return error{errc::unauthorised, "this is somebody else's session", {}};
    }
    const operator_row* row = nullptr;
    for (const auto& each : book_.rows()) {
      if (each.token_sha256 == terms_.token_sha256) row = &each;
    }
    if (row == nullptr || !row->usable(world_->now_ms())) {
      world_->note({"session_closed", terms_.who.name, terms_.who.tenant,
                    "its token is revoked, replaced or has expired"});
      quit();
      return error{errc::unauthorised,
                   "the credentials of " + terms_.who.name + " are revoked, replaced or expired",
                   "ask for new credentials: `skein operator rotate NAME` on the fleet's machine"};
    }
    // Somebody may have been given another role.
    terms_.who.role = row->role;
    terms_.who.tenant = row->tenant;
    if (word.size() > wire::longest_word || length > longest) {
      return error{errc::invalid, "the request is longer than the remote protocol allows", {}};
    }
    if (under_way_ >= most_under_way || world_->under_way.load() >= most_of_all) {
      return error{errc::refused, "too many requests at once", "try again in a moment"};
    }
    return {};
  }

  reply refuse(const error& why) {
    auto promise = make_response_promise<wire::answer>();
    promise.deliver(failure(why));
    return promise;
  }

  template <class Call>
  reply work(surroundings::lane lane, Call call) {
    auto promise = make_response_promise<wire::answer>();
    ++under_way_;
    world_->under_way.fetch_add(1);
    world_->post(lane, [this, promise, call = std::move(call), who = terms_.who,
                        world = world_.get(), self = inner_actor{this}]() mutable {
      result<page> outcome = error{};
      try {
        outcome = call(world->desk, who);
      } catch (const std::exception& wrong) {
        outcome = error{errc::internal, wrong.what(), "report this as a bug"};
      }
      world->under_way.fetch_sub(1);
      caf::anon_send(self, desk_answered{[this, promise, outcome = std::move(outcome)]() mutable {
                       --under_way_;
                       promise.deliver(said(std::move(outcome)));
                     }});
    });
    return promise;
  }

  static wire::answer said(result<page> outcome) {
    if (!outcome) return failure(outcome.error());
    wire::answer out;
    out.body = std::move(outcome->body);
    out.next = std::move(outcome->next);
    out.total = outcome->total;
    return out;
  }

  surroundings_ptr world_;
  session_terms terms_;
  const caf::node_id home_;
  const caf::actor_addr client_;
  operator_book book_;
  int under_way_ = 0;
};

}  // namespace

void stop_session(const wire::session_actor& which) {
  caf::anon_send(caf::actor_cast<inner_actor>(which), desk_answered{});
}

wire::session_actor spawn_session(caf::actor_system& system, surroundings_ptr world,
                                  session_terms terms) {
  return system.spawn<session>(std::move(world), std::move(terms));
}

}  // namespace skein::console
