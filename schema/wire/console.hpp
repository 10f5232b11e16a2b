// What is said to the console of a fleet on another machine: the messages of the remote protocol,
// each a plain value with a type id. Not what actors of one process say (actors/messages.hpp).
//
//   hello ──────────────▶ console      welcome + the session that carries the rest out
//   order | question | fetch ─▶ session      answer
//
// tests/data/golden/remote-protocol.txt holds the bytes of every message. A change here is a new
// protocol_version and a new golden file.
#pragma once

#include "schema/wire/protocol.hpp"

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/meta/type_name.hpp>
#include <caf/replies_to.hpp>
#include <caf/type_id.hpp>
#include <caf/typed_actor.hpp>

#include <cstdint>
#include <string>

namespace skein::wire {

/// Client → console, once a connection. Lost: the client's request times out. May be repeated: each
/// makes a session of its own.
struct hello {
  std::uint32_t version = protocol_version;
  std::string program;  ///< the client's release, for messages
  std::string token;
};

/// The reply to hello. `failed` is the word of an error code; empty: welcome.
struct welcome {
  std::uint32_t version = protocol_version;
  std::string program;
  std::string failed, message, remedy;
  std::string server;  ///< what the fleet calls itself
  std::string operator_name, role, tenant;
  std::string seal;  ///< known to this session only; every request carries it
};

/// Client → session: change something. `args` is the JSON of the control protocol's verb of this
/// name. Lost: it may have been carried out, as with any order whose answer was lost.
struct order {
  std::string seal, verb, args;
};
/// Client → session: read something; `cursor` is empty or the `next` of the answer before. Harmless
/// to repeat.
struct question {
  std::string seal, method, args, cursor;
};
/// Client → session: `length` bytes of an artifact from `offset` on. Harmless to repeat.
struct fetch {
  std::string seal, run, ref;  ///< `run`: one that speaks of this artifact
  std::uint64_t offset = 0;
  std::uint32_t length = 0;
};

/// The reply to each of these. `failed` is the word of an error code; empty: `body` is the answer.
struct answer {
  std::string failed, message, remedy;
  std::string body;
  std::string next;         ///< there is more: ask again with this cursor
  std::uint64_t total = 0;  ///< of the artifact
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, hello& x) {
  return f(caf::meta::type_name("hello"), x.version, x.program, x.token);
}
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, welcome& x) {
  return f(caf::meta::type_name("welcome"), x.version, x.program, x.failed, x.message, x.remedy,
           x.server, x.operator_name, x.role, x.tenant, x.seal);
}
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, order& x) {
  return f(caf::meta::type_name("order"), x.seal, x.verb, x.args);
}
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, question& x) {
  return f(caf::meta::type_name("question"), x.seal, x.method, x.args, x.cursor);
}
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, fetch& x) {
  return f(caf::meta::type_name("fetch"), x.seal, x.run, x.ref, x.offset, x.length);
}
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, answer& x) {
  return f(caf::meta::type_name("answer"), x.failed, x.message, x.remedy, x.body, x.next, x.total);
}

/// What one operator may ask, as far as the role goes.
using session_actor =
    caf::typed_actor<caf::replies_to<order>::with<answer>, caf::replies_to<question>::with<answer>,
                     caf::replies_to<fetch>::with<answer>>;

/// The one actor that is published.
using console_actor = caf::typed_actor<caf::replies_to<hello>::with<welcome, session_actor>>;

}  // namespace skein::wire

// The order is part of the protocol.
CAF_BEGIN_TYPE_ID_BLOCK(skein_wire, first_custom_type_id)
CAF_ADD_TYPE_ID(skein_wire, (skein::wire::hello))
CAF_ADD_TYPE_ID(skein_wire, (skein::wire::welcome))
CAF_ADD_TYPE_ID(skein_wire, (skein::wire::order))
CAF_ADD_TYPE_ID(skein_wire, (skein::wire::question))
CAF_ADD_TYPE_ID(skein_wire, (skein::wire::fetch))
CAF_ADD_TYPE_ID(skein_wire, (skein::wire::answer))
CAF_ADD_TYPE_ID(skein_wire, (skein::wire::session_actor))
CAF_END_TYPE_ID_BLOCK(skein_wire)
