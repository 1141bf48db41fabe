"""Addresses of pages from their stored paths, without loading the pages or asking for the site.

The site has one root: the home page of a language lies right under the tree's
root and everything below it is served under /<language>/. So the address of a
page is its url_path with the home page's own slug replaced by the language.
"""


def page_address(url_path, language):
    """Return the address (str, from the root of the server) of the page with this url_path."""
    return f"/{language}/{url_path.split('/', 2)[2]}"
