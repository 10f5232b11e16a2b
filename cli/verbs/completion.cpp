// completion: the script that makes a shell complete this command line.
#include "cli/completion.hpp"
#include "cli/output.hpp"
#include "cli/verbs/verbs.hpp"

#include <CLI/App.hpp>
#include <CLI/Validators.hpp>

#include <memory>
#include <string>

namespace skein::cli {

void add_completion(CLI::App& app, invocation& call) {
  auto name = std::make_shared<std::string>();
  auto* verb = app.add_subcommand("completion", "print the completion script of a shell");
  verb->add_option("SHELL", *name, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  verb->footer(
      "bash: source <(skein completion bash)\nzsh:  source <(skein completion zsh)\n"
      "fish: skein completion fish | source");
  verb->callback([&call, &app, name] {
    call.action = [&call, &app, name] {
      const auto of = *name == "bash" ? shell::bash : *name == "zsh" ? shell::zsh : shell::fish;
      output out(call.global);
      out.print(completion_script(app, of));
      return out.finish(exit_ok);
    };
  });
}

}  // namespace skein::cli
