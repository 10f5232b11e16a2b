# The warnings every target of ours compiles with.
add_library(skein_warnings INTERFACE)
target_compile_options(skein_warnings INTERFACE -Wall -Wextra -Wpedantic -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # These two judge after inlining, and g++ 12 is wrong about optional, variant and short strings at
  # -O2. Clang, the sanitizers and the dev preset look for the real thing.
  target_compile_options(skein_warnings INTERFACE -Wno-maybe-uninitialized -Wno-restrict)
endif()
