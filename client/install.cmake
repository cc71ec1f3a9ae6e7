# SPDX-License-Identifier: Apache-2.0
# Files for building programs outside of this tree: the target millrace::client of
# find_package(millrace), and the pkg-config module millrace.
include(CMakePackageConfigHelpers)
set(package_directory ${CMAKE_INSTALL_LIBDIR}/cmake/millrace)

install(TARGETS millrace RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT command)
install(TARGETS millrace_library EXPORT millrace
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT library NAMELINK_COMPONENT development)

install(DIRECTORY include/millrace DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT development)
install(DIRECTORY ${PROJECT_BINARY_DIR}/proto/millrace/v1
  DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/millrace COMPONENT development
  FILES_MATCHING PATTERN "*.pb.h")
install(DIRECTORY ${PROJECT_SOURCE_DIR}/proto/millrace/v1
  DESTINATION ${CMAKE_INSTALL_DATADIR}/millrace/proto/millrace COMPONENT development
  FILES_MATCHING PATTERN "*.proto")

install(EXPORT millrace NAMESPACE millrace:: FILE millrace-targets.cmake
  DESTINATION ${package_directory} COMPONENT development)
list(JOIN MILLRACE_ABSL_MODULES " " MILLRACE_ABSL_MODULES_TEXT)
configure_package_config_file(millrace-config.cmake.in millrace-config.cmake
  INSTALL_DESTINATION ${package_directory})
write_basic_package_version_file(millrace-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/millrace-config.cmake
              ${CMAKE_CURRENT_BINARY_DIR}/millrace-config-version.cmake
  DESTINATION ${package_directory} COMPONENT development)

list(JOIN MILLRACE_ABSL_MODULES ", " MILLRACE_PKG_CONFIG_REQUIRES)
configure_file(millrace.pc.in millrace.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/millrace.pc
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT development)
