using System.Text.Json.Serialization;

namespace Resultity.Contracts.Fleet;

/// <summary>JSON of everything in this folder: snake_case names, enums as names, absent instead of null.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(NodeStatus))]
[JsonSerializable(typeof(ModelOffer))]
[JsonSerializable(typeof(EnrolRequest))]
[JsonSerializable(typeof(EnrolResponse))]
[JsonSerializable(typeof(LeaseOrder))]
[JsonSerializable(typeof(ServeOrder))]
[JsonSerializable(typeof(StopOrder))]
[JsonSerializable(typeof(OrderRefusal))]
[JsonSerializable(typeof(LinkChallenge))]
[JsonSerializable(typeof(LinkProof))]
[JsonSerializable(typeof(LinkWelcome))]
public sealed partial class FleetJson : JsonSerializerContext;
