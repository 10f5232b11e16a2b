# The warnings every target of ours compiles with.
add_library(skein_warnings INTERFACE)
target_compile_options(skein_warnings INTERFACE -Wall -Wextra -Wpedantic -Werror)
