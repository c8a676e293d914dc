# Three thin wrappers: a library, a tool, a TableGen'd pass declaration. Everything links the shared libMLIR and libLLVM.

set(QUANT_OPT_WARNINGS -Wall -Wextra -Werror -Wno-unused-parameter)
set(QUANT_OPT_CXX_FLAGS ${QUANT_OPT_WARNINGS} -fno-exceptions -fno-rtti)

# Several build trees may share one precompiled header, which then lets ccache serve them all.
set(QUANT_OPT_SHARED_PCH "" CACHE FILEPATH "cmake/pch.h, precompiled with this project's flags")
if(QUANT_OPT_SHARED_PCH)
  set(CMAKE_DISABLE_PRECOMPILE_HEADERS ON)
  list(APPEND QUANT_OPT_CXX_FLAGS -include-pch ${QUANT_OPT_SHARED_PCH})
endif()

# One precompiled header serves every target: MLIR's headers are most of the cost of each file.
add_library(QuantOptPch OBJECT "${CMAKE_CURRENT_LIST_DIR}/pch.cpp")
target_compile_options(QuantOptPch PRIVATE ${QUANT_OPT_CXX_FLAGS})
target_precompile_headers(QuantOptPch PRIVATE "${CMAKE_CURRENT_LIST_DIR}/pch.h")

# add_quant_opt_library(NAME sources... [LINK libraries...])
# A static library of this project. NAME is added to the property that tools link as a whole.
function(add_quant_opt_library name)
  cmake_parse_arguments(ARG "" "" "LINK" ${ARGN})
  add_library(${name} STATIC ${ARG_UNPARSED_ARGUMENTS})
  target_compile_options(${name} PRIVATE "$<$<COMPILE_LANGUAGE:CXX>:${QUANT_OPT_CXX_FLAGS}>")
  target_precompile_headers(${name} REUSE_FROM QuantOptPch)
  target_link_libraries(${name} PUBLIC ${ARG_LINK} MLIR LLVM)
  add_dependencies(${name} quant-opt-headers)
endfunction()

# add_quant_opt_tool(NAME sources... [LINK libraries...])
function(add_quant_opt_tool name)
  cmake_parse_arguments(ARG "" "" "LINK" ${ARGN})
  add_executable(${name} ${ARG_UNPARSED_ARGUMENTS})
  set_target_properties(${name} PROPERTIES POSITION_INDEPENDENT_CODE OFF)
  target_compile_options(${name} PRIVATE -fPIC "$<$<COMPILE_LANGUAGE:CXX>:${QUANT_OPT_CXX_FLAGS}>")
  target_precompile_headers(${name} REUSE_FROM QuantOptPch)
  target_link_libraries(${name} PRIVATE ${ARG_LINK} MLIR LLVM)
  target_link_options(${name} PRIVATE -fuse-ld=lld -Wl,-rpath,${LLVM_LIBRARY_DIR})
endfunction()

# add_quant_opt_passes(STAGE): Passes.td in the current folder becomes Passes.h.inc, with the registration group named STAGE.
function(add_quant_opt_passes stage)
  set(LLVM_TARGET_DEFINITIONS Passes.td)
  mlir_tablegen(Passes.h.inc -gen-pass-decls -name ${stage})
  add_public_tablegen_target(QuantOpt${stage}PassesIncGen)
  add_dependencies(quant-opt-headers QuantOpt${stage}PassesIncGen)
endfunction()
