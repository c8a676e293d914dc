/*===- Embedded.c - The page of the report, as the compiler holds it ---------------------------------------------===*/

__asm__(".pushsection .rodata\n"
        ".globl quant_opt_embedded_page\nquant_opt_embedded_page:\n"
        ".incbin \"" QUANT_OPT_REPORT_PAGE "\"\n"
        ".globl quant_opt_embedded_page_end\nquant_opt_embedded_page_end:\n"
        ".byte 0\n"
        ".popsection\n");

/* A translation unit may not be empty. */
typedef int quant_opt_embedded_page_unit;
