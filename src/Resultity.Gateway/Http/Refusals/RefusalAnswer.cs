using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Resultity.Contracts.Values;

namespace Resultity.Gateway.Http.Refusals;

/// <summary>The whole HTTP/1.1 answer to a request whose head could not be read.</summary>
internal static class RefusalAnswer
{
    public static ReadOnlyMemory<byte> Of(int status, GatewayHttpOptions options, TimeProvider time)
    {
        var body = FaultJson.ToBytes(Fault(status, options));
        var head = string.Create(CultureInfo.InvariantCulture, $"""
            HTTP/1.1 {status} {ReasonPhrases.GetReasonPhrase(status)}
            Content-Type: application/json
            Content-Length: {body.Length}
            Connection: close
            Date: {time.GetUtcNow():R}
            {HeaderNames.RequestId}: {Contracts.Values.Id.New("req_", time)}


            """).ReplaceLineEndings("\r\n");
        return (byte[])[.. Encoding.ASCII.GetBytes(head), .. body];
    }

    private static Fault Fault(int status, GatewayHttpOptions options) => status switch
    {
        StatusCodes.Status408RequestTimeout => new(FaultKind.RequestTimeout, "request_timeout", "The head of the request arrived too slowly."),
        StatusCodes.Status414UriTooLong => Contracts.Values.Fault.Invalid(
            string.Create(CultureInfo.InvariantCulture, $"The request line is longer than {KestrelLimits.RequestLine} bytes."), code: "uri_too_long"),
        StatusCodes.Status431RequestHeaderFieldsTooLarge => Contracts.Values.Fault.Invalid(
            string.Create(CultureInfo.InvariantCulture, $"The request has more than {KestrelLimits.HeaderCount} headers, or more than {options.HeadLimit} bytes of them."), code: "headers_too_large"),
        StatusCodes.Status405MethodNotAllowed => new(FaultKind.MethodNotAllowed, "method_not_allowed", "The request's method or target is of a form that this server does not take."),
        StatusCodes.Status411LengthRequired => Contracts.Values.Fault.Invalid("The request needs a Content-Length or chunked transfer coding.", code: "length_required"),
        StatusCodes.Status505HttpVersionNotsupported => Contracts.Values.Fault.Invalid("This server speaks HTTP/1.1.", code: "http_version_not_supported"),
        _ => Contracts.Values.Fault.Invalid("The request is not valid HTTP/1.1: its request line or one of its headers is malformed.", code: "malformed_request"),
    };
}
