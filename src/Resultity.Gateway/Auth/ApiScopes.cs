namespace Resultity.Gateway.Auth;

/// <summary>What an API key may be used for.</summary>
[Flags]
internal enum ApiScopes
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary><c>inference</c>: everything under <c>/v1</c>.</summary>
    Inference = 1,

    /// <summary><c>admin</c>: everything under <c>/admin/v1</c>.</summary>
    Admin = 2,
}
