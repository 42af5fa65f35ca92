"use strict";

// Whoever is logged in sends the session's cookie; what changes something needs the CSRF token too.
const csrfToken = () => document.cookie.match(/(?:^|; )csrftoken=([^;]*)/)?.[1] ?? "";

// Swagger's page has dark colours, and leaves it to others to ask for them.
const dark = window.matchMedia("(prefers-color-scheme: dark)");
const followTheSystem = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
dark.addEventListener("change", followTheSystem);
followTheSystem();

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
  syntaxHighlight: { theme: "monokai" },
  onComplete: () => {
    // Its title is below the heading of this page, and above those of the groups, which are third.
    document.querySelector(".info .title").setAttribute("aria-level", "2");
    const about = document.querySelector(".information-container");
    about.setAttribute("role", "region");
    about.setAttribute("aria-label", document.title);
  },
  requestInterceptor: (request) => {
    if (new URL(request.url, document.baseURI).origin === window.location.origin) {
      request.headers["X-CSRFToken"] = csrfToken();
    }
    return request;
  },
});
