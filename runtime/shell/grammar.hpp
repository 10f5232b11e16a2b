// The grammar of command lines, over the words of scanner.hpp. Internal to the folder.
#pragma once

#include "runtime/shell/scanner.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace skein::shell::detail {

/// The text of a word that is plain: unquoted and without expansions.
[[nodiscard]] std::optional<std::string_view> plain(const word& value);
[[nodiscard]] bool is_name(std::string_view text);

class grammar : public scanner {
 public:
  using scanner::scanner;

  /// The whole text; throws not_understood.
  script whole();

 protected:
  script commands_in_parentheses() override;

 private:
  struct pending_document {
    std::shared_ptr<word> into;
    std::string delimiter;
    bool quoted = false;
    bool strip_tabs = false;
  };

  // grammar.cpp: lists, pipelines and what begins a command
  std::string shown_next();
  void expect(std::string_view token);
  /// The reserved word at the next position, when there is one.
  std::string_view reserved_word();
  void take_reserved(std::string_view word);
  void newline();
  void skip_newlines();
  bool list_ends();
  script list();
  pipeline one_pipeline();
  command one_command();

  // grammar_compound.cpp: commands that hold others
  void trailing_redirections(command& out);
  void conditional(command& out);
  void do_group(command& out);
  void iteration(command& out);
  void choice(command& out);
  void function(command& out, const word& named);
  /// After `[[`: everything up to `]]`.
  void test(command& out);

  // grammar_simple.cpp: simple commands, redirections and here-documents
  bool process_is_next();
  bool redirection_is_next();
  redirection one_redirection(command& owner);
  void expect_document(redirection& from);
  void read_documents();
  void finish_documents();
  /// The `NAME` of `NAME=…`, `NAME+=…` or `NAME[…]=…` at the front of a word; with what is after.
  static std::optional<assignment> as_assignment(word& from);
  void array_elements(assignment& into);
  void simple(command& out);

  std::vector<pending_document> pending_;
};

}  // namespace skein::shell::detail
