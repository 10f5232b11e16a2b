// From a stored state to the stage that works on it.
#include "actors/stages/stages.hpp"

namespace skein::actors::stages {

void enter(run_state& run) {
  switch (run.row.state) {
    case schema::run_state::prepare:
      return prepare(run);
    case schema::run_state::agent:
      return agent(run);
    case schema::run_state::verify:
      return verify(run);
    case schema::run_state::gate:
      return gate(run);
    case schema::run_state::publish:
      return publish(run);
    default:
      run.attempt_lost({errc::internal,
                        "run " + run.row.id + " was started in state " +
                            std::string{schema::to_string(run.row.state)},
                        {}});
  }
}

}  // namespace skein::actors::stages
