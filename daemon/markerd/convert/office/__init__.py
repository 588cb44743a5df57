"""Office and web documents, read for what they say themselves: headings, lists, tables, links, pictures.

Marker would draw them as PDFs and find the structure again by looking. Here a reader for each kind turns a document
into HTML, one string a page (slide, sheet, chapter); `cleaning` makes that safe and canonical; `blocks` builds Marker's
own `Document` of it, which Marker's renderers turn into every format. No model is needed.
"""
