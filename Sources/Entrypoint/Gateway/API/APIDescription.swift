/// What `/api/v1` says of itself, as OpenAPI 3.0 has it.
enum APIDescription {
  static let text = """
    {
      "openapi": "3.0.3",
      "info": {"title": "entrypoint", "version": "1"},
      "servers": [{"url": "/api/v1"}],
      "paths": {
        "/status": {"get": {
          "summary": "healthy, ready, phase, and all units: programs, steps and crons",
          "responses": {"200": {"description": "an object"}}}},
        "/units/{name}": {\(name), "get": {
          "summary": "one process of a program, one step or cron",
          "responses": {"200": {"description": "an object"}, "404": \(problem)}}},
        \(changes),
        "/units/{name}/signal": {\(name), "post": {
          "summary": "sends a signal; `reload` is the one of `reload_signal`",
          "requestBody": \(body("signal", "string")), "responses": {\(responses)}}},
        "/units/{name}/scale": {\(name), "post": {
          "summary": "changes the number of processes of a program, which {name} is then",
          "requestBody": \(body("count", "integer")), "responses": {\(responses)}}},
        "/journal": {"get": {
          "summary": "what has happened so far",
          "responses": {"200": {"description": "an object"}}}},
        "/events": {"get": {
          "summary": "what happens from now on, as JSON lines without an end",
          "responses": {"200": {"description": "application/x-ndjson"}, "503": \(problem)}}}
      }
    }

    """

  private static let changes = [
    ("start", "starts it, and what it depends on", true), ("stop", "stops it", true),
    ("restart", "stops and starts it", true),
    ("roll", "restarts its processes one by one, each ready before the next is stopped", false),
  ].map { action, summary, waits in
    """
    "/units/{name}/\(action)": {\(name), "post": {
          "summary": "\(summary)\(waits ? "; with ?wait=false without waiting for it" : "")",
          "responses": {\(responses)}}}
    """
  }.joined(separator: ",\n    ")

  private static let name = """
    "parameters": [{"name": "name", "in": "path", "required": true, "schema": {"type": "string"}, \
    "description": "web, group:web_00, or for changes group:*"}]
    """

  private static let problem = """
    {"description": "an object with error and message"}
    """

  private static let responses = """
    "200": {"description": "an object with results, one for each process"}, \
    "400": \(problem), "403": \(problem), "404": \(problem), \
    "409": {"description": "the same with error, where one could not be done"}, "503": \(problem)
    """

  private static func body(_ field: String, _ type: String) -> String {
    """
    {"required": true, "content": {"application/json": {"schema": {"type": "object", \
    "required": ["\(field)"], "properties": {"\(field)": {"type": "\(type)"}}}}}}
    """
  }
}
