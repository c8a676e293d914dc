/*===- Embedded.h - The page of the report, as the compiler holds it ---------------------------------------------===*/
#ifndef QUANT_OPT_LIB_REPORT_EMBEDDED_H
#define QUANT_OPT_LIB_REPORT_EMBEDDED_H

#ifdef __cplusplus
extern "C" {
#endif

/* lib/Report/page.html, with @REPORT@ where the JSON goes. */
extern const char quant_opt_embedded_page[], quant_opt_embedded_page_end[];

#ifdef __cplusplus
}
#endif

#endif /* QUANT_OPT_LIB_REPORT_EMBEDDED_H */
