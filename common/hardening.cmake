# What makes a mistake in memory hard to use; tests/lint/hardening reads it back from the programs.
# What a compiler or machine does not have is left out.
include(CheckCCompilerFlag)
include(CheckPIESupported)

check_pie_supported(LANGUAGES C) # the link too, where -fPIE alone would not do it
function(add_if_known flag)
    string(MAKE_C_IDENTIFIER "has${flag}" known)
    check_c_compiler_flag(${flag} ${known})
    if(${known})
        add_compile_options(${flag})
    endif()
endfunction()

add_if_known(-fstack-protector-strong)
add_if_known(-fstack-clash-protection)
add_if_known(-fcf-protection)

# Level 3 knows the sizes of what was allocated, too: since gcc 12, and with glibc 2.34.
set(level 2)
if(CMAKE_C_COMPILER_ID STREQUAL "GNU" AND CMAKE_C_COMPILER_VERSION VERSION_GREATER_EQUAL 12)
    set(level 3)
endif()
add_compile_options(-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=${level})
add_link_options(-Wl,-z,relro,-z,now,-z,noexecstack)
