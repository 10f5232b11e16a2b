# What an installed Skein has beside its programs and its configuration: completion, manual pages where
# help2man is at hand, a systemd unit; and the Debian package of `./dev package`.
set(made ${CMAKE_BINARY_DIR}/made)
file(MAKE_DIRECTORY ${made}/man)

function(skein_completion shell file folder)
  add_custom_command(
    OUTPUT ${made}/${file}
    COMMAND skein completion ${shell} > ${made}/${file}
    DEPENDS skein
    VERBATIM)
  set_property(GLOBAL APPEND PROPERTY skein_made ${made}/${file})
  install(FILES ${made}/${file} DESTINATION ${CMAKE_INSTALL_DATADIR}/${folder})
endfunction()
skein_completion(bash skein bash-completion/completions)
skein_completion(zsh _skein zsh/vendor-completions)
skein_completion(fish skein.fish fish/vendor_completions.d)

find_program(HELP2MAN help2man)
if(HELP2MAN)
  set(sections ${CMAKE_SOURCE_DIR}/cmake/package)
  add_custom_command(
    OUTPUT ${made}/man/skein.1.gz
    COMMAND ${sections}/man-pages.sh $<TARGET_FILE:skein> ${made}/man
    DEPENDS skein ${sections}/man-pages.sh ${sections}/skein.h2m
    VERBATIM)
  set_property(GLOBAL APPEND PROPERTY skein_made ${made}/man/skein.1.gz)
  install(DIRECTORY ${made}/man/ DESTINATION ${CMAKE_INSTALL_MANDIR}/man1
          FILES_MATCHING PATTERN "*.1.gz")
endif()

configure_file(${CMAKE_SOURCE_DIR}/cmake/package/skein.service.in ${made}/skein.service @ONLY)
install(FILES ${made}/skein.service DESTINATION lib/systemd/system)
install(FILES ${CMAKE_SOURCE_DIR}/cmake/package/skein.sysusers RENAME skein.conf
        DESTINATION lib/sysusers.d)
find_program(GZIP gzip REQUIRED)
add_custom_command(
  OUTPUT ${made}/changelog.gz
  COMMAND ${GZIP} -9nc ${CMAKE_SOURCE_DIR}/CHANGELOG.md > ${made}/changelog.gz
  DEPENDS ${CMAKE_SOURCE_DIR}/CHANGELOG.md
  VERBATIM)
set_property(GLOBAL APPEND PROPERTY skein_made ${made}/changelog.gz)
install(FILES README.md ${made}/changelog.gz DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY docs/ DESTINATION ${CMAKE_INSTALL_DOCDIR}/docs)
install(FILES cmake/package/copyright DESTINATION ${CMAKE_INSTALL_DOCDIR})

get_property(files GLOBAL PROPERTY skein_made)
add_custom_target(skein-made ALL DEPENDS ${files})

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_VENDOR Skein)
set(CPACK_PACKAGE_CONTACT "Skein maintainers <maintainers@skein.invalid>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "${PROJECT_DESCRIPTION}")
set(CPACK_PACKAGE_DESCRIPTION
    "Skein runs one task on one or thousands of git repositories, each run in a sandbox of its own,
verifies every change on a fresh checkout, and lands it as a branch with a pull request.
Every step is durable: runs go on where they were after any crash.")
set(CPACK_STRIP_FILES ON)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION devel)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "bubblewrap (>= 0.8), git (>= 1:2.39), systemd | systemd-standalone-sysusers")
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${CMAKE_SOURCE_DIR}/cmake/package/postinst)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
include(CPack)
