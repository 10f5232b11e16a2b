# Writes OUTPUT: every file of FILES as a raw string literal. Long texts are split, because a single
# literal has a length limit in the standard.
set(entries "")
foreach(path IN LISTS FILES)
  get_filename_component(name ${path} NAME)
  file(READ ${path} hex HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "\\\\x\\1" bytes "${hex}")
  # One literal per 40 bytes keeps every line short and ends hexadecimal escapes.
  string(REGEX REPLACE "((\\\\x[0-9a-f][0-9a-f])(\\\\x[0-9a-f][0-9a-f])?(\\\\x[0-9a-f][0-9a-f])?(\\\\x[0-9a-f][0-9a-f])?(\\\\x[0-9a-f][0-9a-f])?(\\\\x[0-9a-f][0-9a-f])?(\\\\x[0-9a-f][0-9a-f])?(\\\\x[0-9a-f][0-9a-f])?)" "\n    \"\\1\"" lines "${bytes}")
  string(LENGTH "${hex}" hex_length)
  math(EXPR length "${hex_length} / 2")
  string(APPEND entries "  {\"${name}\", {${lines}\n    \"\", ${length}}},\n")
endforeach()
if(entries STREQUAL "")
  # An array cannot be empty.
  file(WRITE ${OUTPUT} "#include \"schema/embedded.hpp\"\n
std::span<const skein::embedded::file> skein::embedded::${SYMBOL}() { return {}; }\n")
  return()
endif()
file(WRITE ${OUTPUT} "#include \"schema/embedded.hpp\"\n\nnamespace skein::embedded {\n
static constexpr file files[] = {\n${entries}};\n
std::span<const file> ${SYMBOL}() { return files; }\n\n}  // namespace skein::embedded\n")
