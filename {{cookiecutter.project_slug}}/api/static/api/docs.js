"use strict";

// Whoever is logged in sends the session's cookie; what changes something needs the CSRF token too.
const csrfToken = () => document.cookie.match(/(?:^|; )csrftoken=([^;]*)/)?.[1] ?? "";

window.SwaggerUIBundle({
  domNode: document.getElementById("docs"),
  url: document.getElementById("docs").dataset.schema,
  // It complains about every operation whose id has an underscore.
  deepLinking: false,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
  persistAuthorization: false,
  // It would ask a server elsewhere whether the description is valid.
  validatorUrl: null,
  presets: [window.SwaggerUIBundle.presets.apis],
  layout: "BaseLayout",
  requestInterceptor: (request) => {
    if (new URL(request.url, document.baseURI).origin === window.location.origin) {
      request.headers["X-CSRFToken"] = csrfToken();
    }
    return request;
  },
});
