#include "actors/model_gateway.hpp"

#include "runtime/agent/spending.hpp"

#include <boost/asio/post.hpp>
#include <caf/send.hpp>

#include <algorithm>

namespace skein::actors {

namespace {

const model_source* choose(const surroundings& world, const gateway_spec& spec) {
  const auto& all = world.models.by_name;
  if (!spec.provider.empty()) {
    const auto found = all.find(spec.provider);
    return found != all.end() && found->second.ask ? &found->second : nullptr;
  }
  const auto speaks = [&spec](const auto& one) {
    return one.second.ask && model::to_string(one.second.settings.format) == spec.wire;
  };
  const auto found = std::find_if(all.begin(), all.end(), speaks);
  return found == all.end() ? nullptr : &found->second;
}

template <class Message>
void tell(const caf::weak_actor_ptr& to, Message message) {
  if (auto run = to.lock()) {
    caf::anon_send(caf::actor_cast<gateway_listener>(run), std::move(message));
  }
}

/// Lives on the loop's thread only.
struct budget_meter {
  agent::spending spent;
  std::vector<model::spending> open;
  caf::weak_actor_ptr run;

  void tell_use() const {
    auto used = spent.used();
    for (const auto& one : open) {
      used.tokens_in += one.tokens;
      used.usd += one.usd;
    }
    tell(run, gateway_used{used});
  }
};

}  // namespace

result<opened_gateway> open_gateway(const surroundings& world, gateway_spec spec,
                                    caf::weak_actor_ptr run) {
  const auto* source = choose(world, spec);
  if (source == nullptr) {
    return error{errc::unsupported,
                 "there is no provider with a key that speaks " + spec.wire + " for an external agent",
                 "set ANTHROPIC_API_KEY or OPENAI_API_KEY where skein runs, or configure `providers`"};
  }
  const auto& settings = source->settings;
  opened_gateway out;
  out.model = !spec.model.empty()         ? spec.model
              : settings.models.empty() ? settings.default_model
                                        : settings.models.front();
  auto meter = std::make_shared<budget_meter>(
      budget_meter{agent::spending(spec.budget, spec.used), {}, run});
  gateway::options wanted;
  wanted.run = spec.run_id;
  wanted.upstreams = {settings};
  wanted.models = settings.models;
  if (std::find(wanted.models.begin(), wanted.models.end(), out.model) == wanted.models.end())
    wanted.models.push_back(out.model);
  for (const auto& [name, price] : settings.prices) wanted.prices.set(name, price);
  wanted.reserve = [meter](const model::spending& most) -> result<> {
    auto pending = most;
    for (const auto& one : meter->open) {
      pending.tokens += one.tokens;
      pending.usd += one.usd;
    }
    if (auto room = meter->spent.reserve(1, [&pending](std::uint32_t) { return pending; }); !room)
      return room.error();
    meter->spent.settle({}, 0);
    meter->open.push_back(most);
    meter->tell_use();
    return {};
  };
  wanted.settle = [meter](const model::spending& reserved, const model::spending& actual) {
    const auto same = [&reserved](const model::spending& one) {
      return one.tokens == reserved.tokens && one.usd == reserved.usd;
    };
    if (auto found = std::find_if(meter->open.begin(), meter->open.end(), same);
        found != meter->open.end())
      meter->open.erase(found);
    meter->spent.settle(actual, 0);
    meter->tell_use();
  };
  // T1.7, T5.7: what must not leave does not leave this way either.
  wanted.on_request = [secrets = spec.secrets](const gateway::exchange& asked) -> result<> {
    if (!secrets) return {};
    const auto found = secrets->scan(asked.request, "");
    if (found.empty()) return {};
    return error{errc::refused, "the request holds a secret (" + found.front().rule + "); it was not sent",
                 "leave the file that holds it alone"};
  };
  wanted.on_end = [run, secrets = spec.secrets](const gateway::exchange& ended) {
    gateway_request told{ended, {}};
    if (secrets && ended.reason == gateway::outcome::refused)
      for (const auto& found : secrets->scan(ended.request, ""))
        told.leak = found.rule == scan::canary_rule || found.rule == scan::held_rule ? found.rule
                                                                                    : told.leak;
    tell(run, std::move(told));
  };
  SKEIN_TRY(door, gateway::gateway::start(world.loop, world.models.client, std::move(wanted)));
  out.door = std::move(door);
  out.charge = [meter, &loop = world.loop](const model::spending& spent, std::uint64_t tokens_out) {
    boost::asio::post(loop.context(), [meter, spent, tokens_out] {
      meter->spent.settle(spent, tokens_out);
      meter->tell_use();
    });
  };
  return out;
}

}  // namespace skein::actors
