#include "runtime/mcp/session_state.hpp"

#include "schema/text.hpp"

#include <utility>

namespace skein::mcp {

using nlohmann::json;

void session_state::list_tools(std::function<void(result<tool_list>)> done) {
  if (phase_ != phase::closed && !server_.has_tools) {
    done(named({errc::unsupported, "it offers no tools", "use another server"}));
    return;
  }
  next_page(std::make_shared<tool_pages>(options_.limits.lists), {}, std::move(done));
}

void session_state::next_page(std::shared_ptr<tool_pages> pages, const std::string& cursor,
                              std::function<void(result<tool_list>)> done) {
  json params = json::object();
  if (!cursor.empty()) params["cursor"] = cursor;
  const auto time = options_.limits.list;
  ask({next_id(), "tools/list", std::move(params), time, time,
       [self = shared_from_this(), pages, done = std::move(done)](result<incoming> reply) mutable {
         if (!reply) return done(reply.error());
         auto next = pages->add(*reply);
         if (!next) return done(self->named(next.error()));
         if (!next->empty()) return self->next_page(pages, *next, std::move(done));
         tool_list list{pages->take(), self->server_.version};
         self->outputs_ = output_schemas_of(list.tools);
         done(std::move(list));
       }});
}

void session_state::call_tool(std::int64_t id, std::string name, json arguments,
                              call_options options,
                              std::function<void(result<tool_outcome>)> done) {
  if (!arguments.is_object()) {
    done(named({errc::invalid, "call of a tool: the arguments are no object", ""}));
    return;
  }
  if (!options.output) {
    const auto promised = outputs_.find(name);
    if (promised != outputs_.end()) {
      // Only now: to compile all that a server promises would hold up the loop.
      auto compiled = tools::argument_schema::compile(promised->second);
      if (!compiled) {
        done(named({errc::unsupported,
                    "call of " + schema::detail::in_quotes(name) +
                        ": its output schema cannot be checked: " + compiled.error().message,
                    "approve a tool with a plainer schema"}));
        return;
      }
      options.output = std::move(*compiled);
    }
  }
  json params{{"name", std::move(name)},
              {"arguments", std::move(arguments)},
              {"_meta", {{"progressToken", id}}}};
  ask({id, "tools/call", std::move(params), options.timeout, options.most,
       [self = shared_from_this(), output = std::move(options.output),
        done = std::move(done)](result<incoming> reply) {
         if (!reply) return done(reply.error());
         auto outcome = read_outcome(std::move(*reply), output ? &*output : nullptr);
         if (!outcome) return done(self->named(outcome.error()));
         done(std::move(outcome));
       }});
}

/// Any number of announcements is one list at a time, and another one after it.
void session_state::list_changed() {
  if (!options_.on_tools || phase_ != phase::ready) return;
  if (refreshing_ != refreshing::no) {
    refreshing_ = refreshing::again;
    return;
  }
  refresh();
}

void session_state::refresh() {
  refreshing_ = refreshing::yes;
  if (++refreshes_ > options_.limits.refreshes) {
    lost({errc::refused, "its list of tools changes without end", "look at the server"});
    return;
  }
  list_tools([self = shared_from_this()](result<tool_list> list) {
    if (self->phase_ == phase::closed) return;
    self->options_.on_tools(std::move(list));
    self->refresh_timer_.expires_after(self->options_.limits.refresh_gap);
    self->refresh_timer_.async_wait([self](boost::system::error_code failed) {
      if (failed || self->phase_ != phase::ready) return;
      const auto was = std::exchange(self->refreshing_, refreshing::no);
      if (was == refreshing::again) self->refresh();
    });
  });
}

}  // namespace skein::mcp
