namespace Resultity.Onnx.Text;

/// <summary>One token of an answer.</summary>
/// <param name="Token">Its id.</param>
/// <param name="Logprob">Natural logarithm of its probability under the model, before penalties, bias and temperature; NaN if it was not asked for.</param>
/// <param name="Top">The likeliest tokens at this place, best first; null if none were asked for.</param>
public readonly record struct GeneratedToken(int Token, float Logprob, TokenLogprob[]? Top);

/// <summary>A candidate and the natural logarithm of its probability.</summary>
public readonly record struct TokenLogprob(int Token, float Logprob);
