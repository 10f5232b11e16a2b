# SKEIN_SANITIZE is "address" (with undefined) or "thread"; set by the presets.
set(SKEIN_SANITIZE "" CACHE STRING "address | thread | empty")
if(SKEIN_SANITIZE STREQUAL "address")
  add_compile_options(-fsanitize=address,undefined -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
elseif(SKEIN_SANITIZE STREQUAL "thread")
  add_compile_options(-fsanitize=thread)
  add_link_options(-fsanitize=thread)
endif()
