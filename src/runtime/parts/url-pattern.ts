/** A part of the script: URLPattern. */
export { URLPattern } from "urlpattern-polyfill/urlpattern";
