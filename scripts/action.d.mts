export function actionText(): Promise<string>;
