<?php // Signs in a user with the tenant's own HS256 secret, and out again. PHP 7.4 or later, no packages.
function part($data) {
    return rtrim(strtr(base64_encode($data), '+/', '-_'), '=');
}

function token($userId, $name, $email) {
    $head = ['alg' => 'HS256', 'typ' => 'JWT', 'kid' => getenv('APP_KID')];
    $claims = ['iss' => getenv('APP_ISSUER'), 'aud' => 'echostream',
        'tid' => getenv('APP_TENANT'), 'sub' => $userId, 'name' => $name, 'email' => $email,
        'iat' => time(), 'exp' => time() + 900];
    $text = part(json_encode($head)) . '.' . part(json_encode($claims));
    return $text . '.' . part(hash_hmac('sha256', $text, getenv('APP_SECRET'), true));
}

function call($secret, $path, $body = null) {
    $options = ['method' => $body ? 'POST' : 'GET', 'content' => $body ? json_encode($body) : '',
        'header' => ['Content-Type: application/json', "Authorization: Bearer $secret"]];
    $answer = file_get_contents(getenv('APP_URL') . "/api/v1$path", false,
        stream_context_create(['http' => $options]));
    return [explode(' ', $http_response_header[0])[1], json_decode($answer, true)];
}

$path = '/channels/' . getenv('APP_CHANNEL') . '/messages';
echo call(token('php-1', 'Paul', 'paul@app.test'), $path, ['body' => 'hello from PHP'])[0], "\n";
// Later: log the user out everywhere. The API key has the scope users:manage.
$user = call(getenv('APP_API_KEY'), '/users?externalId=php-1')[1]['users'][0];
echo call(getenv('APP_API_KEY'), '/auth/revoke', ['userId' => $user['userId']])[0], "\n";
