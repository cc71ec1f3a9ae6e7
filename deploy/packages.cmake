# SPDX-License-Identifier: Apache-2.0
# Debian packages, one for each install component, and the files that only packages contain.
# `deploy/package` builds the target package_contents and runs cpack.
find_program(DPKG_QUERY dpkg-query)
find_program(HELP2MAN help2man)
if(NOT DPKG_QUERY OR MILLRACE_SANITIZE OR NOT MILLRACE_SERVER OR NOT PROJECT_IS_TOP_LEVEL)
  return()
endif()
include(GNUInstallDirs)

# --- Version: PROJECT_VERSION, the revision of deploy/debian/changelog, the release of Debian --------
set(debian ${CMAKE_CURRENT_LIST_DIR}/debian)
set(contents ${PROJECT_BINARY_DIR}/package_contents)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${debian}/changelog)
file(READ ${debian}/changelog changelog)
if(NOT changelog MATCHES "^millrace \\(([^)-]+)-([^)]+)\\)")
  message(FATAL_ERROR "deploy/debian/changelog does not begin with 'millrace (VERSION-REVISION)'")
endif()
set(revision ${CMAKE_MATCH_2})
if(NOT CMAKE_MATCH_1 VERSION_EQUAL PROJECT_VERSION)
  message(FATAL_ERROR "deploy/debian/changelog is at ${CMAKE_MATCH_1} and the project at "
                      "${PROJECT_VERSION}: add an entry to the changelog")
endif()
file(STRINGS /etc/os-release release REGEX "^VERSION_ID=")
string(REGEX REPLACE "[^0-9]" "" release "${release}")
# Packages for a later release of Debian have a higher version, so that an upgrade of the system replaces them.
string(APPEND revision "~deb${release}")
string(REGEX REPLACE "^millrace \\([^)]*\\)" "millrace (${PROJECT_VERSION}-${revision})" changelog "${changelog}")
file(WRITE ${contents}/changelog.Debian "${changelog}")

# --- Files that only packages contain ----------------------------------------------------------------
# package_file(COMPONENT DESTINATION FILE… [RENAME name] [MODE permission…])
function(package_file component destination)
  cmake_parse_arguments(FILE "" "RENAME" "MODE" ${ARGN})
  if(NOT FILE_MODE)
    set(FILE_MODE OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ)
  endif()
  set(rename)
  if(FILE_RENAME)
    set(rename RENAME ${FILE_RENAME})
  endif()
  install(FILES ${FILE_UNPARSED_ARGUMENTS} DESTINATION ${destination} ${rename} PERMISSIONS ${FILE_MODE}
          COMPONENT ${component} EXCLUDE_FROM_ALL)
endfunction()

set(package_of_server millrace-server)
set(package_of_command millrace-client)
set(package_of_library libmillrace0)
set(package_of_development libmillrace-dev)
add_custom_command(
  OUTPUT ${contents}/changelog.Debian.gz
  COMMAND gzip -n -9 -k -f ${contents}/changelog.Debian
  DEPENDS ${contents}/changelog.Debian VERBATIM)
foreach(component server command library development)
  package_file(${component} share/doc/${package_of_${component}}
    ${contents}/changelog.Debian.gz ${debian}/copyright
    ${PROJECT_SOURCE_DIR}/LICENSE ${CMAKE_CURRENT_LIST_DIR}/NOTICE ${CMAKE_CURRENT_LIST_DIR}/THIRD_PARTY_NOTICES)
  if(EXISTS ${debian}/${component}.lintian-overrides)
    package_file(${component} share/lintian/overrides ${debian}/${component}.lintian-overrides
      RENAME ${package_of_${component}})
  endif()
endforeach()

# Not below /usr: the path does not depend on the prefix.
package_file(server /etc/millrace ${debian}/millrace.yaml MODE OWNER_READ OWNER_WRITE GROUP_READ)
package_file(server lib/systemd/system ${CMAKE_CURRENT_LIST_DIR}/millraced.service)
package_file(server share/doc/millrace-server/examples
  ${CMAKE_CURRENT_LIST_DIR}/millrace.example.yaml ${CMAKE_CURRENT_LIST_DIR}/prometheus.rules.yaml)
package_file(server share/doc/millrace-server ${PROJECT_SOURCE_DIR}/README.md)
# Documents that README.md and these documents link to.
package_file(server share/doc/millrace-server/deploy
  ${CMAKE_CURRENT_LIST_DIR}/README.md ${CMAKE_CURRENT_LIST_DIR}/millrace.svg)
package_file(server share/doc/millrace-server/client ${PROJECT_SOURCE_DIR}/client/GUIDE.md)
package_file(server share/doc/millrace-server/server
  ${PROJECT_SOURCE_DIR}/server/OPERATING.md ${PROJECT_SOURCE_DIR}/server/ERRORS.md
  ${PROJECT_SOURCE_DIR}/server/METRICS.md)
package_file(server share/doc/millrace-server/server/condition ${PROJECT_SOURCE_DIR}/server/condition/README.md)
package_file(server share/doc/millrace-server/server/kafka ${PROJECT_SOURCE_DIR}/server/kafka/DEBEZIUM.md)
package_file(server share/doc/millrace-server/server/mirror ${PROJECT_SOURCE_DIR}/server/mirror/README.md)

# completion(SHELL DESTINATION NAME)
function(completion shell destination name)
  add_custom_command(
    OUTPUT ${contents}/${name}
    COMMAND ${CMAKE_COMMAND} -E make_directory ${contents}
    COMMAND millrace_completion ${shell} > ${contents}/${name}
    DEPENDS millrace_completion VERBATIM)
  package_file(command ${destination} ${contents}/${name} RENAME ${name})
endfunction()
completion(bash share/bash-completion/completions millrace)
completion(zsh share/zsh/vendor-completions _millrace)
completion(fish share/fish/vendor_completions.d millrace.fish)

# The date of manual pages, and of all files in packages.
execute_process(COMMAND dpkg-parsechangelog -l ${debian}/changelog -S Timestamp
                OUTPUT_VARIABLE MILLRACE_PACKAGE_EPOCH OUTPUT_STRIP_TRAILING_WHITESPACE)
# man_pages(TARGET SECTION COMPONENT)
function(man_pages target section component)
  add_custom_command(
    OUTPUT ${contents}/man${section}/${target}.${section}.gz
    COMMAND ${CMAKE_COMMAND} -E rm -rf ${contents}/man${section}
    COMMAND ${CMAKE_COMMAND} -E env SOURCE_DATE_EPOCH=${MILLRACE_PACKAGE_EPOCH} LC_ALL=C.UTF-8
            ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/man-pages $<TARGET_FILE:${target}> ${section} ${contents}/man${section}
    DEPENDS ${target} ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/man-pages VERBATIM)
  install(DIRECTORY ${contents}/man${section} DESTINATION share/man COMPONENT ${component} EXCLUDE_FROM_ALL
          FILE_PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ
          DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
endfunction()
man_pages(millrace 1 command)
man_pages(millraced 8 server)

# Everything that packages contain.
add_custom_target(package_contents DEPENDS
  millraced millrace millrace_library ${contents}/changelog.Debian.gz
  ${contents}/millrace ${contents}/_millrace ${contents}/millrace.fish
  ${contents}/man1/millrace.1.gz ${contents}/man8/millraced.8.gz)

# --- Metadata of the packages ------------------------------------------------------------------------
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME millrace)
set(CPACK_PACKAGE_CONTACT "The Millrace authors <millrace@example.org>")
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_COMPONENTS_ALL server command library development)
set(CPACK_COMPONENTS_GROUPING IGNORE)
set(CPACK_DEB_COMPONENT_INSTALL ON)
# The configuration is outside of the prefix, so that files are staged below a DESTDIR.
set(CPACK_SET_DESTDIR ON)
set(CPACK_INSTALL_PREFIX /usr)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
    OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE ${revision})
set(CPACK_DEBIAN_PACKAGE_SECTION database)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
# Packages of one build may need each other's libraries.
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS ${PROJECT_BINARY_DIR} ${PROJECT_BINARY_DIR}/client)
set(CPACK_DEBIAN_DEBUGINFO_PACKAGE ON)

set(CPACK_DEBIAN_SERVER_PACKAGE_NAME millrace-server)
set(CPACK_DEBIAN_SERVER_DESCRIPTION "change-feed server for MySQL and MariaDB
millraced reads the rows that tables hold, follows the binlog, keeps every
committed row change in an ordered log of its own, and serves that log as
resumable gRPC streams of typed rows.")
set(CPACK_DEBIAN_SERVER_PACKAGE_DEPENDS "adduser, init-system-helpers (>= 1.54)")
set(CPACK_DEBIAN_SERVER_PACKAGE_RECOMMENDS ca-certificates)
set(CPACK_DEBIAN_SERVER_PACKAGE_SUGGESTS millrace-client)
set(CPACK_DEBIAN_SERVER_PACKAGE_CONTROL_EXTRA "")
foreach(script postinst prerm postrm conffiles)
  configure_file(${debian}/server.${script} ${contents}/server/${script} COPYONLY)
  list(APPEND CPACK_DEBIAN_SERVER_PACKAGE_CONTROL_EXTRA ${contents}/server/${script})
endforeach()

set(CPACK_DEBIAN_COMMAND_PACKAGE_NAME millrace-client)
set(CPACK_DEBIAN_COMMAND_DESCRIPTION "command-line client of the change-feed server Millrace
millrace prints the row changes of a MySQL or MariaDB server as they are
committed, and shows and controls the server that captures them.")
set(CPACK_DEBIAN_COMMAND_PACKAGE_RECOMMENDS ca-certificates)
set(CPACK_DEBIAN_COMMAND_PACKAGE_SECTION database)

set(CPACK_DEBIAN_LIBRARY_PACKAGE_NAME libmillrace0)
set(CPACK_DEBIAN_LIBRARY_DESCRIPTION "client library of the change-feed server Millrace
The library subscribes to the row changes of a MySQL or MariaDB server,
reconnects, resumes at the next change, and unpacks typed rows.")
set(CPACK_DEBIAN_LIBRARY_PACKAGE_SECTION libs)
# Programs that link the library need this version or a later one. With the files that CPack
# writes, ldconfig would run twice.
file(WRITE ${contents}/library/shlibs "libmillrace 0 libmillrace0 (>= ${PROJECT_VERSION})\n")
file(WRITE ${contents}/library/triggers "activate-noawait ldconfig\n")
set(CPACK_DEBIAN_LIBRARY_PACKAGE_CONTROL_EXTRA ${contents}/library/shlibs ${contents}/library/triggers)

set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_NAME libmillrace-dev)
set(CPACK_DEBIAN_DEVELOPMENT_DESCRIPTION "client library of Millrace - development files
The library subscribes to the row changes of a MySQL or MariaDB server,
reconnects, resumes at the next change, and unpacks typed rows.

This package contains its headers, a CMake package, a pkg-config file and
the API as .proto files.")
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS "libmillrace0 (= ${PROJECT_VERSION}-${revision}), libgrpc++-dev, libprotobuf-dev, libabsl-dev")
set(CPACK_DEBIAN_DEVELOPMENT_DEBUGINFO_PACKAGE OFF)

# millraced reads private structures of MariaDB's library. They are valid only for the series that it was built with.
execute_process(COMMAND ${DPKG_QUERY} -W -f "\${Version}" libmariadb-dev
                OUTPUT_VARIABLE mariadb ERROR_QUIET RESULT_VARIABLE missing)
if(missing EQUAL 0 AND mariadb MATCHES "^(([0-9]+):)?([0-9]+)[.]([0-9]+)")
  set(epoch "${CMAKE_MATCH_1}")
  math(EXPR next "${CMAKE_MATCH_4} + 1")
  string(APPEND CPACK_DEBIAN_SERVER_PACKAGE_DEPENDS
    ", libmariadb3 (>= ${epoch}${CMAKE_MATCH_3}.${CMAKE_MATCH_4})"
    ", libmariadb3 (<< ${epoch}${CMAKE_MATCH_3}.${next}~)")
endif()
include(CPack)
