use super::*;

#[test]
fn shapes_of_compatible_hosts() {
    for (body, want) in [
        (r#"{"error":{"message":"a"}}"#, "a"),
        (r#"{"error":"b","error_type":"validation"}"#, "b"),
        (r#"{"message":"c"}"#, "c"),
        (r#"{"detail":"d"}"#, "d"),
        (
            r#"{"detail":[{"loc":["body","messages",0],"msg":"e","type":"t"},{"msg":"f"}]}"#,
            "messages.0: e; f",
        ),
        (
            r#"{"object":"error","message":{"detail":[{"loc":["body","top_k"],"msg":"g"}]},"type":"invalid_request_error","code":null}"#,
            "top_k: g",
        ),
        (
            r#"{"errors":[{"code":"x","message":"h"}],"status_code":400}"#,
            "h",
        ),
        (r#"{"error_code":"BAD_REQUEST","message":"i"}"#, "i"),
        (
            r#"[{"error":{"code":400,"message":"j","status":"INVALID_ARGUMENT"}}]"#,
            "j",
        ),
        (
            r#"{"error":{"message":"k","code":400,"metadata":{"raw":"{\"error\":{\"message\":\"l\"}}"}}}"#,
            "k: l",
        ),
        ("<html>\n oops </html>", "<html> oops </html>"),
        ("", "The provider answered with status 400 and no message"),
    ] {
        assert_eq!(read(400, body.as_bytes()).message, want, "{body}");
    }
    let listed = read(422, br#"{"detail":[{"loc":["body","seed"],"msg":"m"}]}"#);
    assert_eq!(listed.param.as_deref(), Some("seed"));
}

#[test]
fn words_are_finer_than_statuses() {
    for (status, body, want) in [
        (
            429,
            r#"{"error":{"message":"x","code":"insufficient_quota"}}"#,
            ErrorKind::Billing,
        ),
        (
            404,
            r#"{"error":{"message":"x","code":"DeploymentNotFound"}}"#,
            ErrorKind::ModelNotFound,
        ),
        (
            400,
            r#"{"error":{"message":"x","code":"model_not_found"}}"#,
            ErrorKind::ModelNotFound,
        ),
        (
            400,
            r#"{"error":{"message":"x","code":"content_filter","innererror":{"code":"ResponsibleAIPolicyViolation"}}}"#,
            ErrorKind::ContentPolicy,
        ),
        (
            400,
            r#"{"code":"Client specified an invalid argument","error":"Incorrect API key provided: x"}"#,
            ErrorKind::Authentication,
        ),
        (
            400,
            r#"[{"error":{"code":400,"message":"x","details":[{"reason":"API_KEY_INVALID"}]}}]"#,
            ErrorKind::Authentication,
        ),
        (
            401,
            r#"{"error":{"message":"x","code":"rate_limit_exceeded"}}"#,
            ErrorKind::Authentication,
        ),
        (
            500,
            r#"{"error":{"message":"x","type":"overloaded_error"}}"#,
            ErrorKind::Overloaded,
        ),
        (
            400,
            r#"{"error":{"message":"x","type":"invalid_request_error"}}"#,
            ErrorKind::InvalidRequest,
        ),
    ] {
        assert_eq!(read(status, body.as_bytes()).kind, want, "{body}");
    }
}

#[test]
fn errors_under_a_200_tell_their_status() {
    for (body, want) in [
        (
            r#"{"error":{"message":"m","code":429}}"#,
            (ErrorKind::RateLimit, 429),
        ),
        (
            r#"{"error":{"message":"m","code":"429"}}"#,
            (ErrorKind::RateLimit, 429),
        ),
        (
            r#"{"error":{"message":"m","type":"invalid_request_error","code":"tool_use_failed","status_code":400}}"#,
            (ErrorKind::InvalidRequest, 400),
        ),
        (
            r#"{"error":"m","error_type":"overloaded"}"#,
            (ErrorKind::Overloaded, 503),
        ),
        (
            r#"{"object":"error","message":"m","code":404}"#,
            (ErrorKind::NotFound, 404),
        ),
        (r#"{"error":{"message":"m"}}"#, (ErrorKind::Upstream, 500)),
    ] {
        let Ok(Value::Object(object)) = json::parse(body.as_bytes()) else {
            panic!("an object");
        };
        assert!(is_said(&object), "{body}");
        let error = read_object(&object);
        assert_eq!((error.kind, error.status), want, "{body}");
        assert_eq!(error.message, "m");
    }
}
