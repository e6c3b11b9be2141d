/* Tells the website that shows this page that a visit was booked; nothing else is said. */
if (window.parent !== window) window.parent.postMessage({ cuspid: "booked" }, "*");
